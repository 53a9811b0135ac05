using Microsoft.Extensions.Primitives;

namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: who brings an access token of their own needs no CSRF header, since no browser sends one unasked; and neither does who brings no cookies. The
/// two together are refused later.
/// </summary>
internal sealed class TokenInstead
{
    public static bool IsNobodysSession(HttpRequest request) => IsBrought(request) || request.Headers.Cookie.Count == 0;

    /// <summary>An empty header is none: gateways send it that have nothing to pass on.</summary>
    public static bool IsBrought(HttpRequest request) => !StringValues.IsNullOrEmpty(request.Headers.Authorization);
}

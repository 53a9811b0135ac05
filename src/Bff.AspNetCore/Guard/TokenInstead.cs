namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: who brings an access token of their own needs no CSRF header, since no browser sends one unasked; and neither does who brings no cookies. The
/// two together are refused later.
/// </summary>
internal sealed class TokenInstead
{
    public static bool IsNobodysSession(HttpRequest request) => request.Headers.Authorization.Count > 0 || request.Headers.Cookie.Count == 0;
}

using System.Globalization;
using System.Security.Claims;

namespace DevStack.Api;

/// <summary>Shows what arrived here, so that one can see what a proxy sends and what it keeps to itself.</summary>
internal static class EchoEndpoint
{
    public static void MapEcho(this WebApplication app) => app.Map("/api/echo/{**rest}", HandleAsync);

    private static async Task<Echo> HandleAsync(HttpRequest request, ClaimsPrincipal user, CancellationToken cancellationToken) => new(
        "This is what reached the API.",
        request.Method,
        request.Path,
        request.QueryString.Value,
        request.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(header => header.Key, header => Redaction.Show(header.Key, header.Value)),
        await EchoBody.ReadAsync(request.Body, cancellationToken),
        TokenClaims.Of(user));

    private sealed record Echo(
        string Message, string Method, string? Path, string? Query, Dictionary<string, string> Headers, EchoBody Body, TokenClaims? Claims);

    /// <summary>What the token that came along says, when it was valid.</summary>
    private sealed record TokenClaims(string? Sub, string? Scope, long Exp)
    {
        public static TokenClaims? Of(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true }
            ? new TokenClaims(
                user.FindFirstValue("sub"),
                user.FindFirstValue("scope"),
                long.Parse(user.FindFirstValue("exp")!, CultureInfo.InvariantCulture))
            : null;
    }
}

using Bff.Guard;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/frontchannel?iss&amp;sid</c>: a frame in the provider's sign-out page (OpenID Connect Front-Channel Logout 1.0). Nobody proves who asks, so it
/// ends the session of the cookie that comes along, and only if that is of this <c>sid</c>: a <c>sid</c> alone would let whoever has seen one sign its user
/// out.
/// </summary>
internal static class FrontChannelEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, ProviderSet providers, ISessionStore store)
    {
        List<Provider> wanted = [.. providers.All.Where(provider => provider.Options.FrontChannelLogout)];
        if (wanted.Count == 0) { return Problem.NotFound; }
        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }
        if (!IsFramed(context.Request)) { return LoginProblems.NotFramed; }
        var query = context.Request.Query;
        if (query["iss"] is not [{ Length: > 0 } issuer] || query["sid"] is not [{ Length: > 0 } sid]) { return LoginProblems.InvalidLogout; }
        wanted.RemoveAll(provider => !provider.LogoutTokens.IsIssuer(issuer));
        if (wanted.Count == 0) { return LoginProblems.InvalidLogout; }
        if (context.GetSession() is { } session && wanted.Exists(provider => IsOf(session, provider, issuer, sid)))
        {
            await store.RemoveAsync(session.Id, version: null, EndReasons.ProviderLogout, CancellationToken.None);
        }

        // The same for everybody: the page around it must not learn whether somebody was signed in.
        return new FramePage([.. wanted.SelectMany(OriginsOf).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>A link, an image or a script of whoever knows the <c>sid</c> is none; browsers that say nothing are believed (Fetch Metadata).</summary>
    private static bool IsFramed(HttpRequest request) => request.Headers["Sec-Fetch-Dest"].ToString() is "" or "iframe" or "frame";

    private static bool IsOf(Session session, Provider provider, string issuer, string sid) =>
        session.Provider == provider.Name && session.ClaimValue("sid") == sid
        && (provider.Options.Issuers is not { } tenants || tenants.TenantOf(issuer) == session.ClaimValue(TenantIssuers.Claim));

    /// <summary>Where the provider's pages are: at its authority, or where its metadata say that users sign out.</summary>
    private static IEnumerable<string> OriginsOf(Provider provider) =>
        new[] { provider.Options.Authority, provider.Options.Logout.Address, provider.Metadata.Known?.EndSessionEndpoint }.Select(OriginOf).OfType<string>();

    private static string? OriginOf(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
        ? $"{uri.Scheme}://{(uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost)}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}" : null;

    /// <summary>An empty page that the provider alone may show in a frame.</summary>
    private sealed record FramePage(IReadOnlyList<string> Ancestors) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "text/html; charset=utf-8";
            response.Headers.CacheControl = "no-store";
            var ancestors = string.Join(' ', Ancestors);
            response.Headers.ContentSecurityPolicy = $"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}";
            response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
            return response.WriteAsync(
                """
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><title>Signed out</title></head><body></body></html>
                """);
        }
    }
}

using Bff.Sessions;
using Microsoft.Extensions.Options;
using CookieHeaderValue = Microsoft.Net.Http.Headers.CookieHeaderValue;

namespace Bff.Login;

/// <summary>
/// The short-lived cookies that tie a sign-in to the browser that began it. Each unfinished sign-in leaves two behind; without a cap they
/// would grow until the request headers are too large for the server.
/// </summary>
internal static class FlowCookies
{
    /// <summary>Sign-ins one browser may have open at once; the oldest gives way.</summary>
    private const int MaxOpenFlows = 5;

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const string StatePrefix = "bff-state-";
    private const string NoncePrefix = "bff-nonce-";

    public static CookieBuilder State(CookieBuilder cookie, SessionsOptions sessions) => Configure(cookie, StatePrefix, sessions);

    public static CookieBuilder Nonce(CookieBuilder cookie, SessionsOptions sessions) => Configure(cookie, NoncePrefix, sessions);

    public static void EvictOldest(HttpContext context)
    {
        var sessions = context.RequestServices.GetRequiredService<IOptions<SessionsOptions>>().Value;
        if (!CookieHeaderValue.TryParseList(context.Request.Headers.Cookie, out var cookies)) { return; }
        foreach (var prefix in new[] { StatePrefix, NoncePrefix })
        {
            // RFC 6265 section 5.4: of cookies with the same path the oldest comes first.
            var open = cookies.Select(cookie => cookie.Name.ToString()).Where(name => name.StartsWith(Prefix(prefix, sessions), StringComparison.Ordinal)).ToList();
            foreach (var name in open.Take(open.Count - (MaxOpenFlows - 1)))
            {
                context.Response.Cookies.Delete(name, new CookieOptions { Path = "/", Secure = !sessions.InsecureCookie, HttpOnly = true, SameSite = SameSiteMode.Lax });
            }
        }
    }

    private static CookieBuilder Configure(CookieBuilder cookie, string name, SessionsOptions sessions)
    {
        cookie.Name = Prefix(name, sessions);
        cookie.Path = "/";
        cookie.HttpOnly = true;
        cookie.SameSite = SameSiteMode.Lax;   // Strict would not come back with the redirect from the provider's site.
        cookie.SecurePolicy = sessions.InsecureCookie ? CookieSecurePolicy.None : CookieSecurePolicy.Always;
        cookie.Expiration = Lifetime;
        return cookie;
    }

    private static string Prefix(string name, SessionsOptions sessions) => sessions.InsecureCookie ? name : "__Host-" + name;
}

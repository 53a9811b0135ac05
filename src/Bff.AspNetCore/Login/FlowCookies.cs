using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using CookieHeaderValue = Microsoft.Net.Http.Headers.CookieHeaderValue;
using Microsoft.Extensions.Options;

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

    public static CookieBuilder State(SessionsOptions sessions, OidcOptions oidc) => Configure(new FlowCookie(), CookieNames.State, sessions, oidc);

    public static CookieBuilder Nonce(SessionsOptions sessions, OidcOptions oidc) => Configure(new FlowCookie(), CookieNames.Nonce, sessions, oidc);

    public static void EvictOldest(HttpContext context)
    {
        if (!CookieHeaderValue.TryParseList(context.Request.Headers.Cookie, out var cookies)) { return; }
        var sessions = context.RequestServices.GetRequiredService<IOptions<SessionsOptions>>().Value;
        List<(string Kind, string Prefix, SameSiteMode SameSite)> ours =
        [
            .. from provider in context.RequestServices.GetRequiredService<ProviderSet>().All
               from kind in new[] { CookieNames.State, CookieNames.Nonce }
               select (kind, Prefix(kind, sessions, provider.Options), SameSiteOf(provider.Options)),
        ];
        var open = from name in cookies.Select(cookie => cookie.Name.ToString())
                   from one in ours
                   where name.StartsWith(one.Prefix, StringComparison.Ordinal)
                   group (Name: name, one.SameSite) by one.Kind;

        // RFC 6265 section 5.4: of cookies with the same path the oldest comes first.
        foreach (var (name, sameSite) in open.SelectMany(flows => flows.SkipLast(MaxOpenFlows - 1)))
        {
            var attributes = new CookieOptions { Path = "/", Secure = !sessions.InsecureCookie, HttpOnly = true, SameSite = sameSite };
            context.Response.Cookies.Delete(name, Framed(context, attributes));
        }
    }

    private static CookieBuilder Configure(CookieBuilder cookie, string name, SessionsOptions sessions, OidcOptions oidc)
    {
        cookie.Name = Prefix(name, sessions, oidc);
        cookie.Path = "/";
        cookie.HttpOnly = true;
        cookie.SameSite = SameSiteOf(oidc);
        cookie.SecurePolicy = sessions.InsecureCookie ? CookieSecurePolicy.None : CookieSecurePolicy.Always;
        cookie.Expiration = Lifetime;
        return cookie;
    }

    /// <summary>Strict would not come back with the redirect from the provider's site, and Lax not with a form that is posted from there.</summary>
    private static SameSiteMode SameSiteOf(OidcOptions oidc) => ResponseModes.IsPosted(oidc.ResponseMode) ? SameSiteMode.None : SameSiteMode.Lax;

    /// <summary>
    /// In a frame that comes back from a provider on another site, Lax is not enough for every browser (Firefox looks at the redirect). The cookie is worth
    /// nothing but for the flow that made it. A foreign page's frame begins no flow: it could fill the browser with more cookies than a request may carry.
    /// </summary>
    private sealed class FlowCookie : CookieBuilder
    {
        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
        {
            var options = base.Build(context, expiresFrom);
            return Framed(context, options);
        }
    }

    /// <summary>
    /// A cheap check: there is a state, or what may hold one, and the browser has begun some sign-in, with this Bff or another one on this host.
    /// </summary>
    public static bool MayEndHere(HttpRequest request, Provider provider)
    {
        var mode = provider.Options.ResponseMode;
        var hasState = ResponseModes.IsPosted(mode)
            ? CallbackForm.MayBeFrom(request, provider.Metadata.Known, provider.Options)
            : request.Query.ContainsKey(ResponseModes.IsSigned(mode) ? SignedResponse.Parameter : "state");
        return hasState && request.Cookies.Keys.Any(name => CookieNames.IsState(name));
    }

    /// <summary>Where another site may show the front end in a frame, the session is that site's own, and so is the sign-in that makes it.</summary>
    private static CookieOptions Framed(HttpContext context, CookieOptions options)
    {
        if (!options.Secure || !IsFramed(context.Request)) { return options; }
        options.SameSite = SameSiteMode.None;
        if (context.GetFrontEnd().CookieSameSite == SameSiteMode.None) { options.Extensions.Add(SessionCookie.Partitioned); }
        return options;
    }

    public static bool IsFramed(HttpRequest request) => request.Headers["Sec-Fetch-Dest"] == "iframe";

    /// <summary>Cookies ignore ports: another Bff on this host has flows of its own, which are not ours to evict.</summary>
    private static string Prefix(string name, SessionsOptions sessions, OidcOptions oidc)
    {
        var whose = SHA256.HashData(Encoding.UTF8.GetBytes($"{oidc.Authority}\n{oidc.ClientId}\n{sessions.EffectiveCookieName}"));
        return $"{(sessions.InsecureCookie ? "" : CookieNames.HostPrefix)}{name}{Base64Url.EncodeToString(whose.AsSpan(0, 6))}-";
    }
}

using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions;
using Microsoft.Extensions.Options;

namespace Bff.FrontEnds;

/// <summary>The front ends of the configuration in use. Follows a reload: what a request has found stays as it was for that request.</summary>
internal sealed class FrontEndSet
{
    private readonly AcceptedConfiguration _accepted;
    private readonly IOptionsMonitor<SpaOptions> _spa;
    private readonly IOptionsMonitor<SessionsOptions> _sessions;
    private readonly ProviderNames _providers;
    private volatile Known? _known;

    /// <param name="Default">The one without a name.</param>
    /// <param name="Named">The others, the most particular first: by the longest path, and of the same path those that name a host.</param>
    private sealed record Known(FrontEnd Default, FrontEnd[] Named);

    public FrontEndSet(
        AcceptedConfiguration accepted, IOptionsMonitor<SpaOptions> spa, IOptionsMonitor<SessionsOptions> sessions, ProviderNames providers)
    {
        (_accepted, _spa, _sessions, _providers) = (accepted, spa, sessions, providers);
        accepted.Changed += () =>
        {
            _known = Read();   // at once: whoever is reading what was before must not leave that behind
            Changed?.Invoke();
        };
    }

    /// <summary>They may be others now.</summary>
    public event Action? Changed;

    private Known Now => _known ??= Read();

    public FrontEnd Default => Now.Default;

    public IReadOnlyList<FrontEnd> Named => Now.Named;

    public IEnumerable<FrontEnd> All => Now.Named.Prepend(Now.Default);

    /// <summary>Which front end's request this is, as its address says.</summary>
    public FrontEnd Of(HttpContext context) => context.Features.Get<FrontEnd>() ?? Now.Default;

    /// <returns>Null when it is gone.</returns>
    public FrontEnd? Find(string name)
    {
        var now = Now;
        if (name == FrontEnd.DefaultName) { return now.Default; }
        foreach (var one in now.Named)   // every request asks: nothing is allocated
        {
            if (one.Name == name) { return one; }
        }

        return null;
    }

    /// <summary>Whether a session may be used now: its front end is there, and its users may still sign in at its provider.</summary>
    public bool Accept(Session session) => Find(session.FrontEnd)?.Owns(session) == true;

    private Known Read()
    {
        var (spa, sessions) = (_spa.CurrentValue, _sessions.CurrentValue);
        var unnamed = new FrontEnd
        {
            Name = FrontEnd.DefaultName,
            Providers = ProvidersOf(spa.Provider),
            Origins = spa.Origins,
            SilentPage = spa.SilentPage,
            ExposedHeaders = spa.EffectiveExposedHeaders,
            Url = spa.Url,
            CookieName = sessions.EffectiveCookieName,
            CookieSameSite = sessions.CookieSameSite,
            IsCookieInsecure = sessions.InsecureCookie,
            IsCookiePersistent = sessions.CookiePersistent,
            IdleTimeout = sessions.IdleTimeout,
            AbsoluteTimeout = sessions.AbsoluteTimeout,
        };
        var named = _accepted.Root.GetSection(FrontEnd.NamedSection).GetChildren().Select(section => Read(section, unnamed));
        return new(unnamed, [.. named.OrderByDescending(one => one.PathBase.Value?.Length ?? 0).ThenByDescending(one => one.Hosts.Count > 0)]);
    }

    private FrontEnd Read(IConfigurationSection section, FrontEnd unnamed)
    {
        var options = section.Get<FrontEndOptions>() ?? new();
        var cookie = options.Cookie.Name is { Length: > 0 } given ? given : NameOfCookie(section.Key);
        return new()
        {
            Name = section.Key,
            Hosts = [.. options.Hosts.Select(FrontEndAddress.ParseHost).OfType<HostString>()],
            PathBase = FrontEndAddress.ParsePath(options.PathBase) ?? PathString.Empty,
            Providers = ProvidersOf(options.Provider),
            Origins = options.Origins,
            SilentPage = options.SilentPage,
            ExposedHeaders = options.ExposedHeaders.Length == 0 ? unnamed.ExposedHeaders : [.. options.ExposedHeaders.Where(name => name.Length > 0)],
            Url = options.Url,
            CookieName = unnamed.IsCookieInsecure ? $"{CookieNames.WithoutHostPrefix(cookie)}" : cookie,
            CookieSameSite = options.Cookie.SameSite,
            IsCookieInsecure = unnamed.IsCookieInsecure,
            IsCookiePersistent = options.Cookie.Persistent,
            IdleTimeout = options.IdleTimeout ?? Earlier(unnamed.IdleTimeout, options.AbsoluteTimeout),
            AbsoluteTimeout = options.AbsoluteTimeout ?? Later(unnamed.AbsoluteTimeout, options.IdleTimeout),
            Scope = options.Scope,
            Audience = options.Audience,
        };
    }

    /// <summary>No name of a flow's cookie begins so.</summary>
    public static string NameOfCookie(string frontEnd) => CookieNames.HostPrefix + CookieNames.OfFrontEnd + frontEnd;

    private string[] ProvidersOf(string? names) =>
        Names(names) is { Length: > 0 } given ? given : [_providers.Default];

    /// <summary>As a setting lists them, separated by spaces.</summary>
    public static string[] Names(string? list) => list?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static TimeSpan Earlier(TimeSpan time, TimeSpan? limit) => limit < time ? limit.Value : time;

    private static TimeSpan Later(TimeSpan time, TimeSpan? least) => least > time ? least.Value : time;
}

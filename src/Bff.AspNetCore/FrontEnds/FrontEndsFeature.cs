using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions;

namespace Bff.FrontEnds;

internal static class FrontEndsFeature
{
    /// <summary>Of a route: only this front end's requests reach it.</summary>
    public const string RouteMetadata = "Bff.FrontEnd";

    private const string SameSite = $"{nameof(FrontEndOptions.Cookie)}:{nameof(FrontEndCookieOptions.SameSite)}";

    public static WebApplicationBuilder AddFrontEnds(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<SpaOptions>(FrontEnd.DefaultSection);
        builder.Services.AddNamedSettings<FrontEndOptions>(FrontEnd.NamedSection, names: []);
        builder.Services.AddSingleton<FrontEndSet>().AddSingleton(new ConfigurationRule(Mistakes));
        builder.Services.AddSingleton(services =>
        {
            var frontEnds = services.GetRequiredService<FrontEndSet>();   // now: metrics are read once more while the services are disposed of
            return new SignInPlaces(() => Places(frontEnds));
        });
        return builder;
    }

    private const string SameAddress =
        ": has an address of {0}, host and path, so nobody could tell them apart. Give one of them another PathBase, or Hosts of its own.";

    private static IEnumerable<string> Mistakes(IConfiguration configuration)
    {
        var sections = configuration.GetSection(FrontEnd.NamedSection).GetChildren().ToList();
        var providers = ProviderNames.Of(configuration).All;
        var ours = PublicAddress.Parse(configuration["Bff:PublicUrl"]);
        return UnknownProviders(configuration.GetSection(FrontEnd.DefaultSection), providers)
            .Concat(sections.SelectMany(section => UnknownProviders(section, providers)))
            .Concat(Twins(sections, section => [CookieOf(section)], ":Cookie:Name: is that of {0}, and each would take the other's session for its own."))
            .Concat(Twins(sections, section => AddressesOf(section, ours), SameAddress))
            .Concat(sections.Where(section => IsInsecure(configuration, section))
                .Select(section => $"{section.Path}:{SameSite}: {SessionsOptions.NeedsSecureCookie}"))
            .Concat(UnknownFrontEnds(configuration, sections));

        string CookieOf(IConfigurationSection? section) => section is null
            ? configuration["Bff:Sessions:CookieName"] ?? new SessionsOptions().CookieName
            : section["Cookie:Name"] is { Length: > 0 } given ? given : FrontEndSet.NameOfCookie(section.Key);
    }

    private static IEnumerable<(string FrontEnd, string Provider)> Places(FrontEndSet frontEnds) =>
        from frontEnd in frontEnds.All
        from provider in frontEnd.Providers
        select (frontEnd.Name, provider);

    /// <summary>
    /// Host and path of each address. One without hosts is at that of <c>Bff:PublicUrl</c>, and so is the front end without a name: below its path, and where
    /// the path begins, too, since a proxy in front may take it off.
    /// </summary>
    private static IEnumerable<string> AddressesOf(IConfigurationSection? section, PublicAddress? ours)
    {
        var hosts = section?.GetSection(nameof(FrontEndOptions.Hosts)).GetChildren().Select(host => host.Value ?? "").ToList() ?? [];
        var pathBase = section?[nameof(FrontEndOptions.PathBase)] ?? "";
        if (hosts.Count == 0)
        {
            var at = $"{ours?.Host.Host}:{ours?.Port}";
            return section is null || pathBase.Length > 0 ? [$"{at}{ours?.PathBase.Value}{pathBase}", at + pathBase] : [];
        }

        return hosts.Select(FrontEndAddress.ParseHost).OfType<HostString>().Select(host => $"{host.Host}:{host.Port ?? ours?.Port}{pathBase}");
    }

    /// <summary>Browsers take a <c>SameSite=None</c> cookie only when it is <c>Secure</c>.</summary>
    private static bool IsInsecure(IConfiguration configuration, IConfigurationSection frontEnd) =>
        Enum.TryParse<SameSiteMode>(frontEnd[SameSite], ignoreCase: true, out var sameSite) && sameSite == SameSiteMode.None
        && bool.TryParse(configuration["Bff:Sessions:InsecureCookie"], out var isInsecure) && isInsecure;

    private static IEnumerable<string> UnknownProviders(IConfigurationSection frontEnd, IReadOnlyList<string> providers) =>
        from name in FrontEndSet.Names(frontEnd[nameof(FrontEndOptions.Provider)])
        where !providers.Contains(name, StringComparer.Ordinal)
        select $"{frontEnd.Path}:{nameof(FrontEndOptions.Provider)}: there is no provider '{name}'. There are: {string.Join(", ", providers)}.";

    private static IEnumerable<string> Twins(
        List<IConfigurationSection> sections, Func<IConfigurationSection?, IEnumerable<string>> what, string complaint)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var taken in what(null)) { seen[taken] = FrontEnd.DefaultName; }
        foreach (var section in sections)
        {
            var twin = what(section).Distinct(StringComparer.OrdinalIgnoreCase).Where(taken => !seen.TryAdd(taken, section.Key)).FirstOrDefault();
            if (twin is not null) { yield return section.Path + complaint.Replace("{0}", seen[twin], StringComparison.Ordinal); }
        }
    }

    private static IEnumerable<string> UnknownFrontEnds(IConfiguration configuration, List<IConfigurationSection> sections) =>
        from route in configuration.GetSection("ReverseProxy:Routes").GetChildren()
        let named = route.GetSection("Metadata")[RouteMetadata]
        where named is not null && named != FrontEnd.DefaultName && !sections.Exists(section => section.Key == named)
        select $"{route.Path}:Metadata:{RouteMetadata}: there is no front end '{named}'. There are: "
            + $"{string.Join(", ", sections.Select(section => section.Key).Prepend(FrontEnd.DefaultName).Distinct())}.";
}

namespace Bff.Guard;

/// <summary>
/// Framework categories that would print codes, states or tokens are held at a level that cannot, whatever the configuration asks for:
/// the request line has <c>?code=…</c>, the OpenID Connect handler prints whole messages at Debug.
/// </summary>
internal static class QuietLogs
{
    private static readonly (string Category, LogLevel Least)[] Floors =
    [
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning),
        ("Microsoft.AspNetCore.Authentication", LogLevel.Information),
        ("Microsoft.AspNetCore.HttpLogging", LogLevel.None),
        ("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information),
        ("Microsoft.IdentityModel", LogLevel.Warning),
        ("System.Net.Http", LogLevel.Warning),
        ("Yarp.ReverseProxy.Forwarder", LogLevel.Warning),
    ];

    public static void Apply(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        // A rule for one log provider wins over a rule for all, so each one the configuration names gets its floors too.
        foreach (var provider in filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList())
        {
            foreach (var (category, least) in Floors) { Lay(filters, provider, category, least); }
        }
    });

    private static void Lay(LoggerFilterOptions filters, string? provider, string category, LogLevel least)
    {
        var rules = filters.Rules.Where(rule => rule.ProviderName == provider).ToList();
        var above = rules.Where(rule => category.StartsWith(rule.CategoryName ?? "", StringComparison.OrdinalIgnoreCase)).MaxBy(rule => rule.CategoryName?.Length ?? 0);
        if (above is not null || provider is null) { filters.Rules.Add(Raised(above?.LogLevel ?? filters.MinLevel, provider, category, least)); }

        // A longer category name wins as well.
        foreach (var below in rules.Where(rule => rule.CategoryName?.StartsWith(category, StringComparison.OrdinalIgnoreCase) == true))
        {
            filters.Rules.Remove(below);
            filters.Rules.Add(Raised(below.LogLevel ?? least, provider, below.CategoryName!, least));
        }
    }

    private static LoggerFilterRule Raised(LogLevel asked, string? provider, string category, LogLevel least) =>
        new(provider, category, asked > least ? asked : least, filter: null);
}

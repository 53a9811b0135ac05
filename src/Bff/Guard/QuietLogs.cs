namespace Bff.Guard;

/// <summary>
/// Framework categories that would print codes, states or tokens are held at a level that cannot, whatever the configuration asks for and however it
/// spells it: the request line has <c>?code=…</c>, the OpenID Connect handler prints whole messages at Debug. Health probes, which come every few seconds, are silent too.
/// </summary>
internal static class QuietLogs
{
    private static readonly (string Category, LogLevel Least)[] Floors =
    [
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning),
        ("Microsoft.AspNetCore.Authentication", LogLevel.Information),
        ("Microsoft.AspNetCore.HttpLogging", LogLevel.None),
        ("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information),
        ("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None),
        ("Microsoft.IdentityModel", LogLevel.Warning),
        ("System.Net.Http", LogLevel.Warning),
        ("Yarp.ReverseProxy.Forwarder", LogLevel.Warning),
    ];

    /// <summary>Adds the floor to every rule, as a condition on the category that really logs: names of rules may be short, long or have wildcards.</summary>
    public static void Apply(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        var rules = filters.Rules.ToList();
        if (!rules.Any(rule => rule.ProviderName is null && string.IsNullOrEmpty(rule.CategoryName))) { rules.Insert(0, new LoggerFilterRule(null, null, filters.MinLevel, filter: null)); }
        filters.Rules.Clear();
        foreach (var rule in rules) { filters.Rules.Add(WithFloor(rule)); }
    });

    private static LoggerFilterRule WithFloor(LoggerFilterRule rule) => new(rule.ProviderName, rule.CategoryName, rule.LogLevel, (provider, category, level) =>
        level >= LeastFor(category) && (rule.Filter is null || rule.Filter(provider, category, level)));

    private static LogLevel LeastFor(string? category)
    {
        foreach (var (prefix, least) in Floors)
        {
            if (category?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) == true) { return least; }
        }

        return LogLevel.Trace;
    }
}

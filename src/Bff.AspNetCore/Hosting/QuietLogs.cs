namespace Bff.Hosting;

/// <summary>
/// Framework categories that would print codes, states or tokens, or what a caller or the provider says as they said it, are held at a level that cannot,
/// whatever the configuration asks for and however it spells it. Of ASP.NET Core that is the rule and the exceptions are listed: the request line has
/// <c>?code=…</c>, routing has the path, CORS the origin, a redirect its target. Health probes, which come every few seconds, are silent too.
/// </summary>
internal static class QuietLogs
{
    /// <summary>The first that fits counts.</summary>
    private static readonly (string Category, LogLevel Least)[] Floors =
    [
        ("Microsoft.AspNetCore.Authentication.OpenIdConnect", LogLevel.None),   // its errors quote the callback at length
        ("Microsoft.AspNetCore.HttpLogging", LogLevel.None),
        ("Microsoft.AspNetCore.Authorization", LogLevel.Information),
        ("Microsoft.AspNetCore.DataProtection", LogLevel.Trace),
        ("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information),
        ("Microsoft.AspNetCore", LogLevel.Warning),
        ("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None),
        ("Microsoft.IdentityModel", LogLevel.None),
        ("System.Net.Http", LogLevel.Warning),
        ("Yarp.ReverseProxy.Forwarder", LogLevel.Warning),
    ];

    /// <summary>Adds the floor to every rule, as a condition on the category that really logs: names of rules may be short, long or have wildcards.</summary>
    public static void Apply(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        var rules = filters.Rules.ToList();
        if (!rules.Any(rule => rule.ProviderName is null && string.IsNullOrEmpty(rule.CategoryName)))
        {
            rules.Insert(0, new LoggerFilterRule(null, null, filters.MinLevel, filter: null));
        }
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

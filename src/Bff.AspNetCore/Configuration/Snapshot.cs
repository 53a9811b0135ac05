namespace Bff.Configuration;

/// <summary>Our settings, YARP's and Kestrel's at one moment, as plain pairs.</summary>
internal static class Snapshot
{
    private static readonly string[] Roots = ["Bff", "ReverseProxy", "Kestrel"];

    /// <summary>The framework's own, which it reads by itself.</summary>
    private const string LoggingRoot = "Logging";

    public static Dictionary<string, string?> Of(IConfiguration configuration)
    {
        var values = Below(configuration, Roots);
        ConfigurationFiles.GiveNumber(values);
        return values;
    }

    public static Dictionary<string, string?> Logging(IConfiguration configuration) => Below(configuration, LoggingRoot);

    public static IConfigurationRoot Restore(IReadOnlyDictionary<string, string?> values) => new ConfigurationBuilder().AddInMemoryCollection(values).Build();

    public static List<string> Differences(IReadOnlyDictionary<string, string?> a, IReadOnlyDictionary<string, string?> b) =>
        [.. a.Keys.Union(b.Keys, StringComparer.OrdinalIgnoreCase).Where(key => a.GetValueOrDefault(key) != b.GetValueOrDefault(key))
            .Order(StringComparer.OrdinalIgnoreCase)];

    private static Dictionary<string, string?> Below(IConfiguration configuration, params string[] roots) =>
        roots.SelectMany(root => configuration.GetSection(root).AsEnumerable()).Where(pair => pair.Value is not null)
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
}

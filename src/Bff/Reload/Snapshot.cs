namespace Bff.Reload;

/// <summary>Our settings, YARP's and Kestrel's at one moment, as plain pairs.</summary>
internal static class Snapshot
{
    private static readonly string[] Roots = ["Bff", "ReverseProxy", "Kestrel"];

    public static Dictionary<string, string?> Of(IConfiguration configuration) =>
        Roots.SelectMany(root => configuration.GetSection(root).AsEnumerable()).Where(pair => pair.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);

    public static IConfigurationRoot Restore(IReadOnlyDictionary<string, string?> values) => new ConfigurationBuilder().AddInMemoryCollection(values).Build();

    public static List<string> Differences(IReadOnlyDictionary<string, string?> a, IReadOnlyDictionary<string, string?> b) =>
        [.. a.Keys.Union(b.Keys, StringComparer.OrdinalIgnoreCase).Where(key => a.GetValueOrDefault(key) != b.GetValueOrDefault(key)).Order(StringComparer.OrdinalIgnoreCase)];
}

namespace Bff.Reload;

/// <summary>Our settings, YARP's and Kestrel's at one moment, as plain pairs.</summary>
internal static class Snapshot
{
    private const string File = "File";

    private static readonly string[] Roots = ["Bff", "ReverseProxy", "Kestrel"];

    public static Dictionary<string, string?> Of(IConfiguration configuration) =>
        Roots.SelectMany(root => configuration.GetSection(root).AsEnumerable()).Where(pair => pair.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>With what the secret files hold in place of their names, so that nobody has to read them again, at a moment when they may be gone.</summary>
    public static Dictionary<string, string?> WithSecrets(IReadOnlyDictionary<string, string?> given, IEnumerable<SettingsSection> sections)
    {
        var values = new Dictionary<string, string?>(given, StringComparer.OrdinalIgnoreCase);
        foreach (var key in sections.SelectMany(SecretKeys))
        {
            if (!values.TryGetValue(key + File, out var file) || string.IsNullOrEmpty(file)) { continue; }
            values.Remove(key + File);
            if (Settings.TryReadFile(file) is { } secret) { values[key] = secret; }
        }

        return values;
    }

    public static IConfigurationRoot Restore(IReadOnlyDictionary<string, string?> values) => new ConfigurationBuilder().AddInMemoryCollection(values).Build();

    public static List<string> Differences(IReadOnlyDictionary<string, string?> a, IReadOnlyDictionary<string, string?> b) =>
        [.. a.Keys.Union(b.Keys, StringComparer.OrdinalIgnoreCase).Where(key => a.GetValueOrDefault(key) != b.GetValueOrDefault(key)).Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Settings that may come from a file: <c>X</c> beside <c>XFile</c>.</summary>
    private static IEnumerable<string> SecretKeys(SettingsSection section) =>
        section.Options.GetProperties().Where(property => section.Options.GetProperty(property.Name + File) is not null).Select(property => $"{section.Path}:{property.Name}");
}

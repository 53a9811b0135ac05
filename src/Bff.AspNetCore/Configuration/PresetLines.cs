namespace Bff.Configuration;

/// <summary>
/// The values that presets give, where the configuration gives none. A list or a dictionary counts as one value: one that is given replaces the preset's whole
/// one, since nobody could take an entry out of it otherwise.
/// </summary>
internal static class PresetLines
{
    /// <summary>The setting that names a preset.</summary>
    public const string Setting = "Preset";

    /// <param name="values">What is given.</param>
    /// <param name="sections">Each section of its own, those with names included.</param>
    /// <returns>By key: the value, and the preset it comes from.</returns>
    public static Dictionary<string, (string Value, string Preset)> Beneath(
        IReadOnlyDictionary<string, string?> values, IEnumerable<SettingsSection> sections)
    {
        var lines = new Dictionary<string, (string, string)>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in sections)
        {
            if (section.Preset is null || values.GetValueOrDefault($"{section.Path}:{Setting}") is not { Length: > 0 } preset) { continue; }
            foreach (var (key, value) in section.Preset(preset))
            {
                if (!IsGiven(values, $"{section.Path}:{WholeOf(key, section.Options)}")) { lines[$"{section.Path}:{key}"] = (value, preset); }
            }
        }

        return lines;
    }

    /// <summary>The list or dictionary that the key is in; else the key.</summary>
    private static string WholeOf(string key, Type options)
    {
        var segments = key.Split(':');
        for (var i = 0; i < segments.Length; i++)
        {
            var property = options.GetProperties().FirstOrDefault(known => known.Name.Equals(segments[i], StringComparison.OrdinalIgnoreCase));
            if (property is null) { break; }
            if (SettingValue.IsList(property.PropertyType)) { return string.Join(':', segments[..(i + 1)].AsEnumerable()); }
            options = property.PropertyType;
        }

        return key;
    }

    private static bool IsGiven(IReadOnlyDictionary<string, string?> values, string key) =>
        values.Keys.Any(given => given.Equals(key, StringComparison.OrdinalIgnoreCase) || given.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));
}

namespace Bff.Configuration;

/// <summary>Where an options class lives in the configuration; the start-up check walks these.</summary>
/// <param name="Path">Its key.</param>
/// <param name="Options">The class.</param>
/// <param name="IsNamed">Each section below <paramref name="Path"/> is one, under a name that the operator gave it.</param>
/// <param name="Name">What the operator calls it; empty for the one that is configured without a name.</param>
internal sealed record SettingsSection(string Path, Type Options, bool IsNamed = false, string Name = "")
{
    /// <summary>What everybody calls the one that is configured without a name.</summary>
    public const string Default = "default";

    public const int MaxName = 32;

    /// <summary>What a preset of this name puts beneath the section, by keys relative to it; nothing for a name that is none. Null: there are no presets here.</summary>
    public Func<string, IEnumerable<(string Key, string Value)>>? Preset { get; init; }

    /// <summary>Names that nobody may give, and why, as a message says it after the key.</summary>
    public IReadOnlyDictionary<string, string> Reserved { get; init; } = ReservedByDefault;

    private static readonly Dictionary<string, string> ReservedByDefault = new(StringComparer.Ordinal)
    {
        [Default] = "is the one that is configured without a name. Give this one another.",
    };

    /// <summary>As they are in this configuration: one for each name.</summary>
    public IEnumerable<SettingsSection> In(IConfiguration configuration) =>
        IsNamed ? configuration.GetSection(Path).GetChildren().Select(child => new SettingsSection(child.Path, Options, Name: child.Key) { Preset = Preset })
            : [this];

    /// <summary>What of a key stands below this section, and below the name in it; null when the key is not in it.</summary>
    public string[]? Below(string key)
    {
        if (!key.StartsWith(Path + ":", StringComparison.OrdinalIgnoreCase)) { return null; }
        var segments = key[(Path.Length + 1)..].Split(':');
        return IsNamed ? segments[1..] : segments;
    }
}

namespace Bff.Configuration;

/// <summary>Where an options class lives in the configuration; the start-up check walks these.</summary>
internal sealed record SettingsSection(string Path, Type Options);

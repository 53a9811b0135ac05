using System.Text.Json;

namespace Bff.HostTests;

/// <summary>The settings of a world in an <c>appsettings.json</c> where its proxy runs, to be edited while it does.</summary>
internal sealed class SettingsFile
{
    private readonly string _path;
    private readonly Dictionary<string, string?> _settings;

    public SettingsFile(RealTimeWorld world)
    {
        _path = Path.Combine(world.Folder, "appsettings.json");
        _settings = world.Settings.Where(pair => pair.Key.Contains(':', StringComparison.Ordinal)).ToDictionary();
        foreach (var key in _settings.Keys) { world.Settings.Remove(key); }
        Save();
    }

    /// <summary>One edit: a null takes the setting out.</summary>
    public void Edit(params (string Key, string? Value)[] changes)
    {
        foreach (var (key, value) in changes)
        {
            if (value is null) { _settings.Remove(key); }
            else { _settings[key] = value; }
        }

        Save();
    }

    public void Garble() => Write("{ \"Bff\": ");

    private void Save() => Write(JsonSerializer.Serialize(_settings));

    /// <summary>Replaced, as editors do, so that nobody reads half of it.</summary>
    private void Write(string text)
    {
        File.WriteAllText(_path + ".new", text);
        File.Move(_path + ".new", _path, overwrite: true);
    }
}

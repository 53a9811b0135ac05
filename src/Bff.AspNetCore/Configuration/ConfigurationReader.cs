using System.Text.Json;
using Bff.Configuration.Kestrel;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Primitives;

namespace Bff.Configuration;

/// <summary>
/// Reads the configuration as a whole. The bytes of a JSON file or secret are read once and nobody asks the disk again, so what was checked cannot differ from
/// what is used. Environment variables and the command line keep their place among the sources.
/// </summary>
/// <remarks>The framework's own reading is no help: a file it cannot parse leaves its settings empty, without a word.</remarks>
internal sealed class ConfigurationReader(IConfiguration live, IEnumerable<SettingsSection> sections, IHostEnvironment environment)
{
    private static readonly List<(string Name, string[] Content)> Sections =
        [("Bff", ["Oidc", "Providers", "Renewal", "Spa", "FrontEnds"]), ("ReverseProxy", ["Routes", "Clusters"]),
            ("Kestrel", ["Endpoints", "EndpointDefaults"]), ("Logging", ["LogLevel"])];

    private readonly IReadOnlyList<SettingsSection> _sections = [.. sections];

    private IReadOnlyDictionary<string, string?> _logging = Snapshot.Logging(live);

    public Reading Read()
    {
        var files = new List<string>();
        var mistakes = new List<string>();
        List<IConfigurationProvider> providers = [.. Flat((IConfigurationRoot)live).Select(Once)];
        var isWhole = mistakes.Count == 0;
        var read = new ConfigurationRoot(providers);
        var values = Snapshot.Of(read);
        foreach (var file in providers.OfType<FileContent>()) { mistakes.AddRange(MisspeltSections(new ConfigurationRoot([file]))); }
        foreach (var secret in _sections.SelectMany(section => section.In(read)).SelectMany(SecretSetting.Of)) { secret.Resolve(values, mistakes); }
        var presets = PresetLines.Beneath(values, _sections.SelectMany(section => section.In(read)));
        foreach (var (key, (value, _)) in presets) { values[key] = value; }
        ReadDurations(values, mistakes);
        return new Reading(
            values, files, mistakes, isWhole, KestrelCertificates.ReadFiles(Snapshot.Restore(values), environment.ContentRootPath), Snapshot.Logging(read))
        {
            FromPresets = [.. presets.Keys],
        };

        IConfigurationProvider Once(IConfigurationProvider provider) =>
            provider is JsonConfigurationProvider { Source: var file } ? Parse(file, files, mistakes) : new Frozen(provider);
    }

    /// <summary>
    /// Has the framework read the files anew when they say something else about logging than it has: its watchers miss a link that is swapped in the path of a
    /// file.
    /// </summary>
    public void RefreshLogging(Reading reading)
    {
        if (!reading.IsWhole || Snapshot.Differences(reading.Logging, _logging).Count == 0) { return; }
        _logging = reading.Logging;
        if (Snapshot.Differences(reading.Logging, Snapshot.Logging(live)).Count > 0) { ((IConfigurationRoot)live).Reload(); }
    }

    /// <summary>YARP reads durations by itself, and knows no units; a number alone it takes for days.</summary>
    private static void ReadDurations(Dictionary<string, string?> values, List<string> mistakes)
    {
        var schema = new SettingsSchema([]);
        foreach (var (key, text) in values.Where(pair => pair.Value is { Length: > 0 } && schema.TypeOf(pair.Key) == typeof(TimeSpan)).ToList())
        {
            if (Durations.TryParse(text!, out var duration))
            {
                values[key] = duration.ToString("c");
                continue;
            }

            values.Remove(key);   // said once, and not quoted: it may be a secret in the wrong place
            mistakes.Add($"{key}: {(Durations.LacksUnit(text!) ? Durations.Explain(text!) : "cannot be read as " + Durations.Format)}.");
        }
    }

    /// <summary>A file may have sections of somebody else. One whose content is known here was meant for us, and nothing of it would count.</summary>
    private static IEnumerable<string> MisspeltSections(ConfigurationRoot file) =>
        from section in file.GetChildren()
        from known in Sections
        where !Sections.Exists(other => Is(other.Name, section.Key)) && section.GetChildren().Any(child => known.Content.Any(name => Is(name, child.Key)))
        select $"{section.Path}: is not a section Bff reads. Write {known.Name}.";

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<IConfigurationProvider> Flat(IConfigurationRoot root) => root.Providers.SelectMany(provider =>
        provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } ? Flat(inner) : [provider]);

    private static FileContent Parse(FileConfigurationSource source, List<string> files, List<string> mistakes)
    {
        var content = new FileContent();
        var name = source is ConfigurationFiles.NamedSource named ? named.FullName : source.Path ?? "a JSON file";
        try
        {
            var file = source.FileProvider?.GetFileInfo(source.Path ?? "");
            if (file is not { Exists: true })
            {
                if (!source.Optional) { mistakes.Add($"{name}: does not exist."); }
                return content;
            }

            using var stream = file.CreateReadStream();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            bytes.Position = 0;
            files.Add(file.PhysicalPath ?? name);
            content.Parse(bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidDataException)
        {
            mistakes.Add($"{name}: cannot be read: {ConfigurationFiles.Explain(error)}");
        }

        return content;
    }

    private sealed class FileContent() : JsonStreamConfigurationProvider(new JsonStreamConfigurationSource())
    {
        public void Parse(Stream bytes) => Load(bytes);

        public override void Load()
        {
            // Parsed once, before it became one of the sources.
        }
    }

    /// <summary>A source as it is, which nobody loads anew or disposes of with our view of it.</summary>
    private sealed class Frozen(IConfigurationProvider source) : IConfigurationProvider
    {
        public bool TryGet(string key, out string? value) => source.TryGet(key, out value);

        public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) => source.GetChildKeys(earlierKeys, parentPath);

        public IChangeToken GetReloadToken() => new CancellationChangeToken(CancellationToken.None);

        public void Set(string key, string? value) => throw new NotSupportedException();

        public void Load()
        {
            // It is in use.
        }
    }
}

using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Primitives;

namespace Bff.Reload;

/// <summary>
/// Reads the configuration as a whole. The bytes of a JSON file or secret are read once and nobody asks the disk again, so what was checked cannot differ from
/// what is used. Environment variables and the command line keep their place among the sources.
/// </summary>
/// <remarks>The framework's own reading is no help: a file it cannot parse leaves its settings empty, without a word.</remarks>
internal sealed class ConfigurationReader(IConfiguration live, IEnumerable<SettingsSection> sections, IHostEnvironment environment)
{
    private const int LongestPath = 1024;

    private readonly IReadOnlyList<SecretSetting> _secrets = [.. sections.SelectMany(SecretSetting.Of)];

    public Reading Read()
    {
        var files = new List<string>();
        var mistakes = new List<string>();
        List<IConfigurationProvider> providers = [.. Flat((IConfigurationRoot)live).Select(Once)];
        var isWhole = mistakes.Count == 0;
        var values = Snapshot.Of(new ConfigurationRoot(providers));
        foreach (var secret in _secrets) { secret.Resolve(values, mistakes); }
        ReadDurations(values, mistakes);
        return new Reading(values, files, mistakes, isWhole, Stamps(values));

        IConfigurationProvider Once(IConfigurationProvider provider) =>
            provider is JsonConfigurationProvider { Source: var file } ? Parse(file, files, mistakes) : new Frozen(provider);
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

            values.Remove(key);   // said once
            mistakes.Add($"{key}: {Durations.Explain(text!)}.");
        }
    }

    /// <summary>When each file that a value names was written: certificates are read by those who use them.</summary>
    private string Stamps(Dictionary<string, string?> values)
    {
        var named = from pair in values
                    where pair.Value is { Length: > 0 and < LongestPath } && NamesCertificate(pair.Key)
                    let written = Written(pair.Value)
                    where written is not null
                    select $"{pair.Key} {written}";
        return string.Join(';', named.Order(StringComparer.Ordinal));
    }

    /// <summary>Kestrel's <c>Path</c> and <c>KeyPath</c>, and ours with a certificate or an authority in it.</summary>
    private static bool NamesCertificate(string key) => key.StartsWith(KestrelSettings.Section + ":", StringComparison.OrdinalIgnoreCase)
        ? key.EndsWith("Path", StringComparison.OrdinalIgnoreCase)
        : key.StartsWith("Bff:", StringComparison.OrdinalIgnoreCase) && key.Contains("Certificate", StringComparison.OrdinalIgnoreCase);

    /// <returns>Null when there is no such file; whoever uses it says why.</returns>
    private long? Written(string path)
    {
        try
        {
            var file = new FileInfo(Path.Combine(environment.ContentRootPath, path));
            return file.Exists ? (file.ResolveLinkTarget(returnFinalTarget: true) ?? file).LastWriteTimeUtc.Ticks : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static IEnumerable<IConfigurationProvider> Flat(IConfigurationRoot root) => root.Providers.SelectMany(provider =>
        provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } ? Flat(inner) : [provider]);

    private static FileContent Parse(FileConfigurationSource source, List<string> files, List<string> mistakes)
    {
        var content = new FileContent();
        var name = source.Path ?? "a JSON file";
        try
        {
            var file = source.FileProvider?.GetFileInfo(name);
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
            mistakes.Add($"{name}: cannot be read: {error.GetBaseException().Message}");
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

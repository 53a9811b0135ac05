using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;

namespace Bff.Configuration;

/// <summary>
/// Further JSON files of settings, wherever they lie: <c>--config FILE</c> as often as wanted, after those of <c>Bff:ConfigFile</c>. They win over the
/// <c>appsettings</c> files of the content root, a later one over an earlier one; environment and command line win over all. A path is relative to the working
/// directory.
/// </summary>
internal static class ConfigurationFiles
{
    public const string Option = "--config";

    private const string Key = "Bff:" + nameof(ConfigurationFileOptions.ConfigFile);

    /// <summary>A file that was named, and is shown by its full path: there may be others of that name.</summary>
    internal sealed class NamedSource : JsonConfigurationSource
    {
        public required string FullName { get; init; }
    }

    /// <param name="args">The command line.</param>
    /// <param name="create">Makes a builder for it, without <c>--config</c>.</param>
    /// <exception cref="ConfigurationException">A file is not there, or cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args, Func<string[], WebApplicationBuilder> create)
    {
        var (named, others) = Take(args);
        var builder = create(others);
        var before = Configured(builder.Configuration);
        var mistakes = new List<string>();
        foreach (var (key, file) in before.Select(file => (Key, file)).Concat(named.Select(file => (Option, file))))
        {
            Add(builder.Configuration, key, file, mistakes);
        }
        if (!Configured(builder.Configuration).SequenceEqual(before))
        {
            mistakes.Add($"{Key}: a settings file cannot name further files. Name them in the environment or with {Option}.");
        }
        return mistakes.Count == 0 ? builder : throw new ConfigurationException(mistakes);
    }

    /// <summary>One file may be given without a number.</summary>
    public static void GiveNumber(IDictionary<string, string?> values)
    {
        if (values.Remove(Key, out var file) && !string.IsNullOrEmpty(file)) { values.TryAdd(Key + ":0", file); }
    }

    /// <summary>Says where in a JSON file the mistake is, as editors count.</summary>
    public static string Explain(Exception error)
    {
        var cause = error.GetBaseException();
        if (cause is not JsonException { LineNumber: { } line, BytePositionInLine: { } position }) { return cause.Message; }
        var end = cause.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return $"line {line + 1}, column {position + 1}: {(end < 0 ? cause.Message : cause.Message[..end])}";
    }

    private static List<string> Configured(ConfigurationManager configuration)
    {
        var section = configuration.GetSection(Key);
        string?[] given = string.IsNullOrEmpty(section.Value) ? [.. section.GetChildren().Select(child => child.Value)] : [section.Value];
        return [.. given.OfType<string>().Where(file => file.Length > 0)];
    }

    private static void Add(ConfigurationManager configuration, string key, string file, List<string> mistakes)
    {
        if (string.IsNullOrWhiteSpace(file))
        {
            mistakes.Add($"{key}: needs a file name, but an empty one was given. Is a shell variable not set?");
            return;
        }

        var path = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            mistakes.Add($"{key}: the file '{path}' {(Directory.Exists(path) ? "is a folder" : "does not exist")}.");
            return;
        }

        var source = new NamedSource
        {
            FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(path)!, ExclusionFilters.None), Path = Path.GetFileName(path), FullName = path,
            ReloadOnChange = true,
        };
        var sources = ((IConfigurationBuilder)configuration).Sources;
        try
        {
            sources.Insert(sources.Index().Last(known => known.Item is JsonConfigurationSource).Index + 1, source);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            sources.Remove(source);
            mistakes.Add($"{key}: the file '{path}' cannot be read: {Explain(error)}");
        }
    }

    private static (List<string> Files, string[] Others) Take(string[] args)
    {
        var (files, others) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i].StartsWith(Option + "=", StringComparison.Ordinal)) { files.Add(args[i][(Option.Length + 1)..]); }
            else if (args[i] != Option) { others.Add(args[i]); }
            else if (i + 1 < args.Length) { files.Add(args[++i]); }
            else { throw new ConfigurationException([$"{Option}: needs a file."]); }
        }

        return (files, [.. others]);
    }
}

using Microsoft.Extensions.Configuration.Json;

namespace Bff.Reload;

/// <summary>The JSON files of the configuration. One that cannot be parsed after an edit is a mistake like others.</summary>
internal sealed class ConfigurationFiles
{
    private readonly IReadOnlyList<JsonConfigurationSource> _files;

    public ConfigurationFiles(IEnumerable<IConfigurationSource> sources)
    {
        _files = [.. sources.OfType<JsonConfigurationSource>()];

        // Else the exception ends unseen on the watcher's thread, and nobody learns that there was an edit.
        foreach (var file in _files) { file.OnLoadException = failure => failure.Ignore = true; }
    }

    public IEnumerable<string> Mistakes()
    {
        foreach (var file in _files)
        {
            if (ProblemWith(file) is { } problem) { yield return $"{file.Path}: cannot be read: {problem}"; }
        }
    }

    private static string? ProblemWith(JsonConfigurationSource file)
    {
        try
        {
            new ConfigurationBuilder().Add(new JsonConfigurationSource { FileProvider = file.FileProvider, Path = file.Path!, Optional = true }).Build();
            return null;
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return error.GetBaseException().Message;
        }
    }
}

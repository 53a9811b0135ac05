using Microsoft.Extensions.Configuration.Json;

namespace Bff.Reload;

/// <summary>The JSON files of the configuration. One that cannot be parsed after an edit is a mistake like others.</summary>
/// <remarks>The framework's own failure to read it ends unseen on its watcher's thread, and leaves the file's settings empty.</remarks>
internal sealed class ConfigurationFiles(IEnumerable<IConfigurationSource> sources)
{
    private readonly IReadOnlyList<JsonConfigurationSource> _files = [.. sources.OfType<JsonConfigurationSource>()];

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

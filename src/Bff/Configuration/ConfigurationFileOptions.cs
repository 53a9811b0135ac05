namespace Bff.Configuration;

/// <summary>Where more settings are (<c>Bff</c>).</summary>
internal sealed class ConfigurationFileOptions
{
    /// <summary>
    /// JSON files of settings beside the <c>appsettings</c> files of the content root, over which they win, the last most; <c>--config FILE</c> adds to them. One
    /// may be given as the plain value. Relative to the working directory. Default: none.
    /// </summary>
    [NeedsRestart]
    public string[] ConfigFile { get; set; } = [];
}

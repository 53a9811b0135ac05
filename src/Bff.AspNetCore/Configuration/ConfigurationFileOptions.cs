namespace Bff.Configuration;

/// <summary>Further files of settings (<c>Bff</c>).</summary>
internal sealed class ConfigurationFileOptions
{
    /// <summary>
    /// JSON files of settings. They win over the <c>appsettings</c> files of the content root, a later one over an earlier one; <c>--config FILE</c> adds to
    /// them. A plain value names one file. Relative to the working directory. Default: none.
    /// </summary>
    [NeedsRestart]
    public string[] ConfigFile { get; set; } = [];
}

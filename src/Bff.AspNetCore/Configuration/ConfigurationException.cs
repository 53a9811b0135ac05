namespace Bff.Configuration;

/// <summary>The configuration is wrong; every error is listed under its key.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> mistakes)
    : InvalidOperationException("The configuration has mistakes:" + string.Concat(mistakes.Select(mistake => Environment.NewLine + "  - " + mistake)))
{
    public IReadOnlyList<string> Mistakes => mistakes;
}

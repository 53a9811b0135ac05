namespace Bff.Configuration;

/// <summary>What must be right between sections, which no class of options sees alone.</summary>
/// <param name="Mistakes">Of a configuration, each under its key.</param>
internal sealed record ConfigurationRule(Func<IConfiguration, IEnumerable<string>> Mistakes);

using Bff.Providers;

namespace Bff.Commands.Check;

/// <summary>One row of the table.</summary>
/// <param name="Check">What was checked.</param>
/// <param name="Result">How it went.</param>
/// <param name="Found">What was seen, beginning with the configuration key when something is wrong.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record Finding(string Check, Result Result, string Found = "", string? Cure = null)
{
    /// <summary>What a check of one provider is called: with the provider's name, unless the configuration gives none.</summary>
    public static string NameOf(ClientRegistration provider, string check) => provider.IsDefault ? check : $"{provider.Name}: {check}";
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bff.Providers;

/// <summary>What is wrong with parameters that the operator adds to requests, or lets pages set.</summary>
internal static class ParameterMistakes
{
    private const int MaxParameter = 2000;

    /// <param name="allowed">Names of those that a page may set.</param>
    public static IEnumerable<ValidationResult> OfLogin(string[] allowed)
    {
        foreach (var (index, name) in allowed.Index().Where(entry => entry.Item.Length > 0))
        {
            if (ProviderParameters.OurOwn.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                yield return SettingMistake.At(nameof(OidcOptions.AllowedLoginParameters), index, $"'{name}' is set by Bff alone.");
            }
            else if (!IsName(name)) { yield return SettingMistake.At(nameof(OidcOptions.AllowedLoginParameters), index, "is not the name of a parameter."); }
        }
    }

    /// <param name="parameters">With their values.</param>
    /// <param name="setting">That has them.</param>
    /// <param name="ours">What cannot be among them.</param>
    public static IEnumerable<ValidationResult> OfFixed(Dictionary<string, string> parameters, string setting, string[] ours)
    {
        foreach (var (name, value) in parameters)
        {
            var entry = $"{setting}:{name}";
            if (ours.Contains(name, StringComparer.OrdinalIgnoreCase)) { yield return new("is set by Bff alone.", [entry]); }
            else if (!IsName(name)) { yield return new("is not the name of a parameter.", [entry]); }
            else if (string.IsNullOrEmpty(value)) { yield return new("is empty. Give it a value, or remove the key.", [entry]); }
            else if (value.Length > MaxParameter || value.Any(char.IsControl))
            {
                yield return new($"must have at most {MaxParameter} characters, and no control characters.", [entry]);
            }
            else if (name == ProviderParameters.MaxAge && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                yield return new("must be a number of seconds, 0 or more.", [entry]);
            }
        }
    }

    private static bool IsName(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}

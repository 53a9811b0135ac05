using System.ComponentModel.DataAnnotations;
using Bff.Configuration;

namespace Bff.Providers;

/// <summary>What is wrong with addresses of a provider. That they use https is checked elsewhere, since it depends on the environment.</summary>
internal static class AddressMistakes
{
    public static IEnumerable<ValidationResult> OfDiscovery(string authority, string? metadataAddress)
    {
        if (authority.Length > 0 && !IsWebAddress(authority))
        {
            yield return new("must be an absolute http(s) URL without query or fragment.", [nameof(OidcOptions.Authority)]);
        }

        if (metadataAddress is { Length: > 0 } && !IsWebAddress(metadataAddress, query: true))
        {
            yield return new("must be an absolute http(s) URL without fragment.", [nameof(OidcOptions.MetadataAddress)]);
        }
    }

    public static IEnumerable<ValidationResult> OfEndpoints(Dictionary<string, string> endpoints)
    {
        foreach (var (name, address) in endpoints)
        {
            var key = $"{nameof(OidcOptions.Endpoints)}:{name}";
            if (!EndpointNames.All.Contains(name, StringComparer.Ordinal))
            {
                yield return new($"is no endpoint that Bff uses. There are: {string.Join(", ", EndpointNames.All)}.", [key]);
            }
            else if (!IsWebAddress(address, query: true)) { yield return new("must be an absolute http(s) URL without fragment.", [key]); }
        }
    }

    public static IEnumerable<ValidationResult> OfOrigins(string[] origins, string setting)
    {
        foreach (var (index, origin) in origins.Index())
        {
            if (WebOrigin.Objection(origin) is { } objection) { yield return SettingMistake.At(setting, index, objection); }
        }
    }

    /// <param name="value">The text.</param>
    /// <param name="query">It may have one.</param>
    public static bool IsWebAddress(string value, bool query = false) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && (query || uri.Query.Length == 0) && uri.Fragment.Length == 0;
}

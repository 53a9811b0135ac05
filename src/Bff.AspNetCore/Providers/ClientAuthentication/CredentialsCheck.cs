using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Bff.Providers.ClientAuthentication;

/// <summary>What authenticates our client is there, is usable, and is used.</summary>
internal sealed class CredentialsCheck : IValidateOptions<OidcOptions>
{
    private const string Secret = nameof(OidcOptions.ClientSecret), Key = nameof(OidcOptions.ClientKey), Certificate = nameof(OidcOptions.ClientCertificate);

    public ValidateOptionsResult Validate(string? name, OidcOptions options)
    {
        var section = ClientRegistration.SectionOf(name ?? "");
        var mistakes = Mistakes(options).Select(mistake => $"{section}:{mistake.Setting}: {mistake.Text}").ToList();
        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static IEnumerable<(string Setting, string Text)> Mistakes(OidcOptions options) =>
        [.. OfSecret(options), .. OfKey(options), .. OfCertificate(options), .. OfSecretFromKey(options)];

    private static IEnumerable<(string Setting, string Text)> OfSecret(OidcOptions options)
    {
        var (method, given, fromKey) = (options.ClientAuthentication, !string.IsNullOrEmpty(options.ClientSecret), options.ClientSecretFromKey.IsInUse);
        var usesSecret = ClientMethods.UsesSecret(method);
        if (given && fromKey) { yield return (Secret, "is not used: ClientSecretFromKey makes the secret. Remove one of the two."); }
        else if (given && !usesSecret && method != ClientAuthenticationMethod.Auto)
        {
            yield return (Secret, $"is not used by ClientAuthentication '{method}'. Remove it, or choose a method that uses it.");
        }
        else if (!given && !fromKey && usesSecret)
        {
            yield return (Secret, $"is required (or ClientSecretFile) by ClientAuthentication '{method}'.");
        }
        else if (method == ClientAuthenticationMethod.Auto && !options.HasSecret && !options.HasClientKey && !options.HasClientCertificate)
        {
            yield return (Secret, "is required (or ClientSecretFile), or else ClientKey or ClientCertificate; ClientAuthentication 'None' is a public client.");
        }
    }

    private static IEnumerable<(string Setting, string Text)> OfKey(OidcOptions options)
    {
        var (method, fromKey) = (options.ClientAuthentication, options.ClientSecretFromKey.IsInUse);
        if (!options.HasClientKey)
        {
            if (method == ClientAuthenticationMethod.PrivateKeyJwt)
            {
                yield return (Key, $"is required (or ClientKeyFile) by ClientAuthentication '{method}'.");
            }
            else if (fromKey) { yield return (Key, "is required (or ClientKeyFile): ClientSecretFromKey signs the secret with it."); }
            else if (!string.IsNullOrEmpty(options.ClientKeyId)) { yield return (nameof(options.ClientKeyId), "names a key, and there is no ClientKey."); }
            else if (!string.IsNullOrEmpty(options.ClientKeyAlgorithm))
            {
                yield return (nameof(options.ClientKeyAlgorithm), "is of no use without ClientKey.");
            }

            yield break;
        }

        if (!fromKey && method is not (ClientAuthenticationMethod.Auto or ClientAuthenticationMethod.PrivateKeyJwt))
        {
            yield return (Key, $"is not used by ClientAuthentication '{method}'. Remove it, or choose 'PrivateKeyJwt'.");
            yield break;
        }

        if (ProblemWithKey(options) is { } problem) { yield return problem; }
    }

    private static (string Setting, string Text)? ProblemWithKey(OidcOptions options)
    {
        try
        {
            var key = ClientKey.Read(options.ClientKey!);
            return options.ClientKeyAlgorithm is { Length: > 0 } algorithm && !key.Algorithms.Contains(algorithm)
                ? (nameof(options.ClientKeyAlgorithm), $"'{algorithm}' does not fit ClientKey, which signs with {string.Join(", ", key.Algorithms)}.")
                : null;
        }
        catch (CryptographicException error)
        {
            return (Key, error.Message);
        }
    }

    private static IEnumerable<(string Setting, string Text)> OfCertificate(OidcOptions options)
    {
        if (options.HasClientCertificate)
        {
            if (ClientCertificate.ProblemWith(options) is { } problem) { yield return problem; }
        }
        else if (options.ClientAuthentication == ClientAuthenticationMethod.TlsClientAuth)
        {
            yield return (Certificate, $"is required (or ClientCertificateFile) by ClientAuthentication '{options.ClientAuthentication}'.");
        }
        else if (!string.IsNullOrEmpty(options.ClientCertificateKey))
        {
            yield return (nameof(options.ClientCertificateKey), "is of no use without ClientCertificate (or ClientCertificateFile).");
        }
    }

    private static IEnumerable<(string Setting, string Text)> OfSecretFromKey(OidcOptions options)
    {
        if (!options.ClientSecretFromKey.IsInUse) { yield break; }
        var (setting, method) = (nameof(options.ClientSecretFromKey), options.ClientAuthentication);
        if (!ClientMethods.UsesSecret(method) && method != ClientAuthenticationMethod.Auto)
        {
            yield return ($"{setting}:Issuer", $"is not used by ClientAuthentication '{method}': the secret it makes would not be sent.");
        }

        if (string.IsNullOrEmpty(options.ClientSecretFromKey.Audience)) { yield return ($"{setting}:Audience", "is required with an Issuer."); }
    }
}

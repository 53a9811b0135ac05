using System.ComponentModel.DataAnnotations;
using System.Text;

namespace Bff.Providers;

/// <summary>What is wrong with how the provider's tokens may be signed and encrypted.</summary>
internal static class AlgorithmMistakes
{
    /// <param name="algorithms">For signatures.</param>
    /// <param name="secret">Some of them sign with it.</param>
    public static IEnumerable<ValidationResult> OfSigning(string[] algorithms, string secret)
    {
        foreach (var (index, algorithm) in algorithms.Index())
        {
            var isBySecret = TokenAlgorithms.BySecret.Contains(algorithm);
            if (!isBySecret && !TokenAlgorithms.ByPublicKey.Contains(algorithm))
            {
                yield return SettingMistake.At(
                    nameof(OidcOptions.SigningAlgorithms), index,
                    "is not among " + string.Join(", ", TokenAlgorithms.ByPublicKey.Concat(TokenAlgorithms.BySecret)) + ".");
            }
            else if (isBySecret && Encoding.UTF8.GetByteCount(secret) < TokenAlgorithms.SecretBytes(algorithm))
            {
                yield return SettingMistake.At(
                    nameof(OidcOptions.SigningAlgorithms), index,
                    $"needs a {nameof(OidcOptions.ClientSecret)} of at least {TokenAlgorithms.SecretBytes(algorithm)} bytes (RFC 7518 section 3.2).");
            }
        }
    }

    /// <param name="key">Ours, for ID tokens that are encrypted.</param>
    public static IEnumerable<ValidationResult> OfDecryption(string? key)
    {
        if (key is { Length: > 0 } && DecryptionKey.Objection(key) is { } objection)
        {
            yield return new(objection, [nameof(OidcOptions.IdTokenDecryptionKey)]);
        }
    }
}

using System.Text;

namespace Bff;

/// <summary>What may be added to the claims of a session by the program around us.</summary>
internal static class ClaimsEnrichment
{
    /// <summary>Of one session.</summary>
    public const int MaxAdded = 100;

    /// <summary>Of one claim, as of those that the provider gives.</summary>
    public const int MaxAddedBytes = 8 * 1024;

    /// <summary>Sessions are found by these, and their tokens checked against them.</summary>
    private static readonly string[] NotOurs = ["sub", "sid", "tid"];

    public static void EnsureFits(string type, string value, int count)
    {
        if (NotOurs.Contains(type, StringComparer.Ordinal))
        {
            throw new ArgumentException($"The provider alone gives the claim '{type}': it says whose session this is.", nameof(type));
        }

        if (Encoding.UTF8.GetByteCount(type) + Encoding.UTF8.GetByteCount(value) > MaxAddedBytes)
        {
            throw new ArgumentException($"The claim '{Printable.Word(type)}' is too long: {MaxAddedBytes} bytes are kept.", nameof(value));
        }

        if (count >= MaxAdded) { throw new InvalidOperationException($"More than {MaxAdded} claims were added to one session."); }
    }
}

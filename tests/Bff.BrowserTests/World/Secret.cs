using System.Security.Cryptography;
using System.Text;

namespace Bff.BrowserTests.World;

/// <summary>Looking for a token or a code where none should be.</summary>
internal static class Secret
{
    private const int Telling = 64;
    private const int FingerprintLength = 12;

    /// <summary>The places, by name, whose text gives one of the secrets away.</summary>
    public static IEnumerable<string> PlacesOf(IEnumerable<string> secrets, IEnumerable<(string Name, string Text)> places)
    {
        var pieces = secrets.SelectMany(Pieces).Distinct().ToList();
        pieces.ShouldNotBeEmpty();
        return places.Where(place => pieces.Any(piece => place.Text.Contains(piece, StringComparison.Ordinal))).Select(place => place.Name);
    }

    /// <summary>As the demo API's echo shows a token that reached it.</summary>
    public static string Fingerprint(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))[..FingerprintLength];

    /// <summary>The beginning of each part, but for the header of a JWT: it is the same for all and tells nothing.</summary>
    private static IEnumerable<string> Pieces(string secret)
    {
        var parts = secret.Split('.');
        return (parts.Length == 1 ? parts : parts[1..]).Where(part => part.Length > 0).Select(part => part[..Math.Min(Telling, part.Length)]);
    }
}

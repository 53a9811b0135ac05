using System.Collections.Concurrent;

namespace Bff.Providers.DPoP;

/// <summary>
/// The nonces that servers want in the next proof (RFC 9449 sections 8 and 9), by their origins. Each node learns its own: one that is unknown costs a call.
/// </summary>
internal sealed class ProofNonces
{
    /// <summary>Origins are those of the configuration; should something make more of them, all are learned anew.</summary>
    public const int MaxOrigins = 1000;

    /// <summary>Of a nonce; a longer one is not remembered.</summary>
    public const int MaxLength = 512;

    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <param name="target">The address of a request.</param>
    public string? Find(string target) =>
        _known.IsEmpty ? null : _known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(OriginOf(target), out var nonce) ? nonce : null;

    /// <summary>Every response may bring the next one (section 8.2).</summary>
    /// <returns>False when the response has none.</returns>
    public bool Learn(string target, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(ProofHeaders.Nonce, out var values)) { return false; }
        var nonce = values.ToString();
        if (values.Count != 1 || nonce.Length is 0 or > MaxLength || !nonce.All(IsAllowed) || Find(target) == nonce) { return true; }
        if (_known.Count >= MaxOrigins) { _known.Clear(); }
        _known[OriginOf(target).ToString()] = nonce;
        return true;
    }

    /// <summary>Section 8.1.</summary>
    private static bool IsAllowed(char c) => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~');

    private static ReadOnlySpan<char> OriginOf(string target)
    {
        var host = target.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = target.AsSpan(host).IndexOf('/');
        return end < 0 ? target : target.AsSpan(0, host + end);
    }
}

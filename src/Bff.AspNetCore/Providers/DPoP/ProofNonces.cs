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

    private readonly ConcurrentDictionary<Origin, string> _known = new();

    private readonly record struct Origin(string Scheme, string Host, int Port)
    {
        public static Origin Of(Uri address) => new(address.Scheme, address.Host, address.Port);
    }

    /// <param name="address">Where a request goes, whatever its <c>Host</c> header says: two servers may be told the same name.</param>
    public string? Find(Uri address) => !_known.IsEmpty && _known.TryGetValue(Origin.Of(address), out var nonce) ? nonce : null;

    /// <summary>Every response may bring the next one (section 8.2).</summary>
    /// <returns>The nonce that this response has; null when it has none that is one.</returns>
    public string? Learn(Uri address, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(ProofHeaders.Nonce, out var values)) { return null; }
        var nonce = values.ToString();
        if (values.Count != 1 || nonce.Length is 0 or > MaxLength || !nonce.All(IsAllowed)) { return null; }
        if (Find(address) == nonce) { return nonce; }
        if (_known.Count >= MaxOrigins) { _known.Clear(); }
        _known[Origin.Of(address)] = nonce;
        return nonce;
    }

    /// <summary>Section 8.1.</summary>
    private static bool IsAllowed(char c) => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~');
}

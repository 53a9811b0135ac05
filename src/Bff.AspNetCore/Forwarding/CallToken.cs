using Bff.Providers.DPoP;
using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>What a call is sent with.</summary>
/// <param name="Authorization">As the header has it; null for no token.</param>
/// <param name="Key">That the token is bound to, so that each call with it needs a proof (RFC 9449); null for bearer tokens.</param>
/// <param name="ExpiresAt">Of the token; null for no token.</param>
/// <param name="Problem">What the caller is answered instead; null when the call is sent.</param>
internal readonly record struct CallToken(
    string? Authorization = null, ProofKey? Key = null, DateTimeOffset? ExpiresAt = null, Problem? Problem = null)
{
    /// <summary>Puts the token on a call, in the place of one that may be there.</summary>
    public void PutOn(HttpRequestMessage request)
    {
        request.Headers.Remove(HeaderNames.Authorization);
        request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, Authorization);
        if (Key is { } key) { ProvenCalls.Mark(request, key); }
    }

    /// <summary>A record prints its members; this must never reach a log.</summary>
    public override string ToString() => nameof(CallToken);
}

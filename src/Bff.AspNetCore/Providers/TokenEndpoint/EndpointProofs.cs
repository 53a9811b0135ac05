using Bff.Providers.DPoP;

namespace Bff.Providers.TokenEndpoint;

/// <summary>Proofs for calls to a provider's own endpoints (RFC 9449 sections 5, 8 and 10.1).</summary>
internal sealed class EndpointProofs(TimeProvider clock)
{
    private readonly ProvenRequests _requests = new(clock);

    /// <summary>Puts a proof on a request.</summary>
    /// <param name="request">To an endpoint.</param>
    /// <param name="endpoint">Its address.</param>
    /// <param name="key">Null for a request that needs no proof.</param>
    /// <param name="challenge">What <see cref="ChallengeAsync"/> returned, where this request answers that; else null.</param>
    /// <returns>The nonce in the proof; null for none.</returns>
    public string? Prove(HttpRequestMessage request, string endpoint, ProofKey? key, string? challenge)
    {
        if (key is null) { return null; }
        var address = new Uri(endpoint);
        return _requests.Prove(request.Headers, HttpMethod.Post, address, ProvenRequests.TargetOf(address), key, challenge);
    }

    /// <summary>
    /// To be told of every response. One that refuses the request for its nonce and for nothing else has used up nothing of it: to be sent once more, and made
    /// anew for it, since what authenticates our client is good once.
    /// </summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="response">To the request.</param>
    /// <param name="key">The same.</param>
    /// <param name="sent">What <see cref="Prove"/> returned.</param>
    /// <returns>The nonce that the response asks for; null when it asks for none, or names no other than was sent.</returns>
    public async Task<string?> ChallengeAsync(string endpoint, HttpResponseMessage response, ProofKey? key, string? sent)
    {
        if (key is null || _requests.Learn(new Uri(endpoint), response) is not { } nonce || nonce == sent) { return null; }
        return (int)response.StatusCode is 400 or 401 && (await TokenEndpointBody.ReadAsync(response)).Token("error") == ProofHeaders.NonceWanted
            ? nonce : null;
    }
}

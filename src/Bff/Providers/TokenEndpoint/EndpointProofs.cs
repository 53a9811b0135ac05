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
    /// <returns>The nonce in the proof; null for none.</returns>
    public string? Prove(HttpRequestMessage request, string endpoint, ProofKey? key) =>
        key is null ? null : _requests.Prove(request.Headers, HttpMethod.Post, TargetOf(endpoint), key);

    /// <summary>
    /// The request was refused for its nonce and for nothing else, so nothing of it was used up: to be sent once more, and made anew for it, since what
    /// authenticates our client is good once.
    /// </summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="response">To the request.</param>
    /// <param name="key">The same.</param>
    /// <param name="nonce">What <see cref="Prove"/> returned.</param>
    public async Task<bool> IsToBeRepeatedAsync(string endpoint, HttpResponseMessage response, ProofKey? key, string? nonce)
    {
        if (key is null) { return false; }
        var target = TargetOf(endpoint);
        _requests.Learn(target, response);
        return (int)response.StatusCode is 400 or 401 && _requests.HasOther(target, nonce)
            && (await TokenEndpointBody.ReadAsync(response)).Token("error") == ProofHeaders.NonceWanted;
    }

    private static string TargetOf(string endpoint) => ProvenRequests.TargetOf(new Uri(endpoint));
}

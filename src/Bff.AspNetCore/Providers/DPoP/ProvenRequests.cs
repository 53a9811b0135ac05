using System.Net.Http.Headers;

namespace Bff.Providers.DPoP;

/// <summary>Puts proofs on the requests of one kind of server, and remembers the nonces those servers want.</summary>
internal sealed class ProvenRequests(TimeProvider clock)
{
    private readonly ProofNonces _nonces = new();

    /// <param name="request">With its method and its last address.</param>
    /// <param name="key">Of the session.</param>
    /// <param name="challenge">
    /// The nonce of the response that is answered with this request, which is nobody else's; null at first, for the last one that the server said to anybody.
    /// </param>
    /// <param name="authorization">Its header, with a token of the key; null for none.</param>
    /// <returns>The nonce in the proof; null for none.</returns>
    public string? Prove(HttpRequestMessage request, ProofKey key, string? challenge, string? authorization = null) =>
        Prove(request.Headers, request.Method, request.RequestUri!, TargetOf(request), key, challenge, authorization);

    /// <param name="headers">Of the request.</param>
    /// <param name="method">The same.</param>
    /// <param name="address">Where it goes.</param>
    /// <param name="target">What the proof says of that (<see cref="TargetOf(HttpRequestMessage)"/>).</param>
    /// <param name="key">Of the session.</param>
    /// <param name="challenge">As above.</param>
    /// <param name="authorization">As above.</param>
    /// <returns>The nonce in the proof; null for none.</returns>
    public string? Prove(
        HttpRequestHeaders headers, HttpMethod method, Uri address, string target, ProofKey key, string? challenge, string? authorization = null)
    {
        var nonce = challenge ?? _nonces.Find(address);
        headers.Remove(ProofHeaders.Proof);   // of the attempt before, or of whoever put one there
        headers.TryAddWithoutValidation(ProofHeaders.Proof, key.Prove(method.Method, target, clock.GetUtcNow(), nonce, authorization));
        return nonce;
    }

    /// <summary>To be told of every response.</summary>
    /// <returns>The nonce that this response has; null for none.</returns>
    public string? Learn(Uri address, HttpResponseMessage response) => _nonces.Learn(address, response);

    /// <summary>
    /// The request's target URI without query and fragment (RFC 9449 section 4.2). Its authority is that of the <c>Host</c> header, where the request says
    /// another one than the connection's (RFC 9110 section 7.1).
    /// </summary>
    public static string TargetOf(HttpRequestMessage request)
    {
        var address = request.RequestUri!;
        return request.Headers.Host is { } host ? $"{address.Scheme}://{host}{address.AbsolutePath}" : TargetOf(address);
    }

    public static string TargetOf(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.Dns ? address.IdnHost : address.Host;
        return address.IsDefaultPort ? $"{address.Scheme}://{host}{address.AbsolutePath}" : $"{address.Scheme}://{host}:{address.Port}{address.AbsolutePath}";
    }
}

using System.Net.Http.Headers;

namespace Bff.Providers.DPoP;

/// <summary>Puts proofs on the requests of one kind of server, and remembers the nonces those servers want.</summary>
internal sealed class ProvenRequests(TimeProvider clock)
{
    private readonly ProofNonces _nonces = new();

    /// <param name="request">With its method and its last address.</param>
    /// <param name="key">Of the session.</param>
    /// <param name="authorization">Its header, with a token of the key; null for none.</param>
    /// <returns>The nonce in the proof; null for none.</returns>
    public string? Prove(HttpRequestMessage request, ProofKey key, string? authorization = null) =>
        Prove(request.Headers, request.Method, TargetOf(request), key, authorization);

    /// <inheritdoc cref="Prove(HttpRequestMessage, ProofKey, string)"/>
    public string? Prove(HttpRequestHeaders headers, HttpMethod method, string target, ProofKey key, string? authorization = null)
    {
        var nonce = _nonces.Find(target);
        headers.TryAddWithoutValidation(ProofHeaders.Proof, key.Prove(method.Method, target, clock.GetUtcNow(), nonce, authorization));
        return nonce;
    }

    /// <summary>To be told of every response.</summary>
    /// <returns>False when the server says nothing of nonces.</returns>
    public bool Learn(string target, HttpResponseMessage response) => _nonces.Learn(target, response);

    /// <summary>There is another nonce now than in the proof that was refused.</summary>
    public bool HasOther(string target, string? nonce) => _nonces.Find(target) is { } now && now != nonce;

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

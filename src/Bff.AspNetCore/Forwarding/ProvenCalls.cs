using Bff.Providers.DPoP;
using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>
/// Proves, on a call whose token is bound to a key, that the key is ours (RFC 9449 section 7): the last step before the connection, where method and address
/// are those that are sent. An API that wants its nonce in the proof gets the call once more with it.
/// </summary>
internal sealed class ProvenCalls(ProvenRequests proofs, CallMetrics metrics) : DelegatingHandler
{
    /// <summary>Bodies of up to so many bytes are read before they are sent, so that they can be sent twice.</summary>
    public const int MaxKeptBody = 64 * 1024;

    private const string Scheme = ProofHeaders.Proof + " ";

    private static readonly HttpRequestOptionsKey<ProofKey> Key = new("Bff.ProofKey");

    private static readonly HttpRequestOptionsKey<bool> Unanswered = new("Bff.Unanswered");

    /// <summary>The call goes with a token that is bound to this key.</summary>
    public static void Mark(HttpRequestMessage request, ProofKey key) => request.Options.Set(Key, key);

    /// <summary>Puts the proof on a call that somebody else sends; what the API says to it is not heard here.</summary>
    public static void Prove(HttpRequestMessage request, ProvenRequests proofs)
    {
        if (Find(request) is ({ } key, var authorization)) { proofs.Prove(request, key, challenge: null, authorization); }
    }

    /// <summary>The API did nothing but to ask for its nonce, and the call was not repeated with it.</summary>
    /// <param name="response">The API's.</param>
    /// <param name="maySendAgain">Whoever made the call may: the nonce is known by now, and only the body, which was sent, was in the way.</param>
    public static bool IsUnanswered(HttpResponseMessage response, out bool maySendAgain)
    {
        maySendAgain = false;
        return response.StatusCode == System.Net.HttpStatusCode.Unauthorized && response.RequestMessage is { } request
            && request.Options.TryGetValue(Unanswered, out maySendAgain);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Find(request) is ({ } key, var authorization) ? SendAsync(request, key, authorization, cancellationToken) : base.SendAsync(request, cancellationToken);

    /// <summary>The header is looked at first: to ask for the options of a request makes them.</summary>
    private static (ProofKey? Key, string Authorization) Find(HttpRequestMessage request) =>
        request.Headers.NonValidated.TryGetValues(HeaderNames.Authorization, out var values) && values.ToString() is var authorization
        && authorization.StartsWith(Scheme, StringComparison.Ordinal) && request.Options.TryGetValue(Key, out var key)
            ? (key, authorization) : (null, "");

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, ProofKey key, string authorization, CancellationToken cancellationToken)
    {
        var body = await KeepBodyAsync(request, cancellationToken);
        var (address, target) = (request.RequestUri!, ProvenRequests.TargetOf(request));
        for (string? challenge = null; ;)
        {
            var sent = proofs.Prove(request.Headers, request.Method, address, target, key, challenge, authorization);
            var response = await base.SendAsync(request, cancellationToken);
            var nonce = proofs.Learn(address, response);
            response.Headers.Remove(ProofHeaders.Nonce);   // ours; a page has no proof to put it in
            if (!ProofHeaders.AsksForNonce(response)) { return response; }
            var isNew = challenge is null && nonce is not null && nonce != sent;
            var mayRepeat = isNew && body is not { IsSent: true };
            metrics.Challenged(mayRepeat);
            if (!mayRepeat)
            {
                request.Options.Set(Unanswered, isNew);
                return response;
            }

            response.Dispose();
            challenge = nonce;
        }
    }

    /// <returns>Null when the request can be sent twice, whatever has been sent of it.</returns>
    private static async Task<UnsentBody?> KeepBodyAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not { } content) { return null; }
        if (content.Headers.ContentLength is <= MaxKeptBody)
        {
            await content.LoadIntoBufferAsync(MaxKeptBody, cancellationToken);
            return null;
        }

        var unsent = new UnsentBody(content);
        request.Content = unsent;
        return unsent;
    }
}

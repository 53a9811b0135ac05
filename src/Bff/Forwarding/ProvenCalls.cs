using Bff.Providers;
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

    private static readonly HttpRequestOptionsKey<TokenSet> Tokens = new("Bff.Tokens");

    /// <summary>The call goes with these tokens.</summary>
    public static void Mark(HttpRequestMessage request, TokenSet tokens) => request.Options.Set(Tokens, tokens);

    /// <summary>The API did nothing but to ask for its nonce, and the call could not be repeated with it.</summary>
    public static bool IsUnanswered(HttpResponseMessage response) =>
        response.StatusCode == System.Net.HttpStatusCode.Unauthorized && response.RequestMessage is { } request && Find(request) is not null
        && ProofHeaders.AsksForNonce(response);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Find(request) is { } tokens ? SendAsync(request, tokens, cancellationToken) : base.SendAsync(request, cancellationToken);

    /// <summary>The header is looked at first: to ask for the options of a request makes them.</summary>
    private static TokenSet? Find(HttpRequestMessage request) =>
        request.Headers.NonValidated.TryGetValues(HeaderNames.Authorization, out var authorization)
        && authorization.ToString().StartsWith(Scheme, StringComparison.Ordinal)
        && request.Options.TryGetValue(Tokens, out var tokens) && tokens.Key is not null
            ? tokens : null;

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TokenSet tokens, CancellationToken cancellationToken)
    {
        var body = await KeepBodyAsync(request, cancellationToken);
        var target = ProvenRequests.TargetOf(request);
        for (var isRepeated = false; ; isRepeated = true)
        {
            if (isRepeated) { request.Headers.Remove(ProofHeaders.Proof); }
            var nonce = proofs.Prove(request.Headers, request.Method, target, tokens.Key!, tokens.Authorization);
            var response = await base.SendAsync(request, cancellationToken);
            if (proofs.Learn(target, response)) { response.Headers.Remove(ProofHeaders.Nonce); }   // ours; a page has no proof to put it in
            if (!ProofHeaders.AsksForNonce(response)) { return response; }
            var mayRepeat = !isRepeated && body is not { IsSent: true } && proofs.HasOther(target, nonce);
            metrics.Challenged(mayRepeat);
            if (!mayRepeat) { return response; }
            response.Dispose();
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

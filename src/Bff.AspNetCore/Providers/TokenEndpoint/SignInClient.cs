using Bff.Providers.ClientAuthentication;
using Bff.Providers.DPoP;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers.TokenEndpoint;

/// <summary>
/// The calls a sign-in makes in our client's name: pushing the authorization request (RFC 9126) and redeeming the code (RFC 6749 section 4.1.3). The
/// framework's handler would make them, too, but loses the JSON types of an answer, and trips over one that is none.
/// </summary>
internal sealed partial class SignInClient(
    ClientRegistration registration, ProviderMetadata provider, ClientAuthenticator authenticator, EndpointProofs proofs, ILogger<SignInClient> logger)
{
    private volatile bool _goesPlainly;

    /// <param name="parameters">Of the authorization request.</param>
    /// <param name="key">That the code will be bound to (RFC 9449 section 10.1); null for bearer tokens.</param>
    /// <param name="cancellationToken">The browser is gone.</param>
    /// <returns>
    /// The <c>request_uri</c> that stands for the pushed parameters; null when they go through the browser: the operator wants it so, or the provider takes no
    /// pushed requests from our client and does not require them.
    /// </returns>
    /// <exception cref="SignInCallException">The provider refused, or its answer is of no use.</exception>
    public async Task<string?> PushAsync(IDictionary<string, string> parameters, ProofKey? key, CancellationToken cancellationToken)
    {
        var (metadata, options) = (await provider.GetConfigurationAsync(cancellationToken), registration.Options);
        if (options.PushedAuthorization == PushedAuthorizationUse.Never) { return null; }
        try
        {
            // An authorization request has its client_id whatever authenticates it (RFC 9126 section 2).
            var body = await SendAsync(
                ProviderEndpoints.PushedAuthorization(metadata, options)!, parameters, key, metadata, unexplained: Blame.Client, cancellationToken);
            _goesPlainly = false;
            return body.VisibleString("request_uri") ?? throw new SignInCallException(Blame.Provider, "no_request_uri");
        }
        catch (SignInCallException refusal) when (PushedRequests.MayGoPlainly(refusal.Status, refusal.Error, metadata, options))
        {
            if (!_goesPlainly) { GoesPlainly(registration.Name, refusal.Error); }
            _goesPlainly = true;
            return null;
        }
    }

    /// <summary>Before a sign-in begins.</summary>
    /// <exception cref="SignInCallException">The settings ask for what the provider does not do.</exception>
    public async Task EnsureCanPushAsync(CancellationToken cancellationToken)
    {
        var metadata = await provider.GetConfigurationAsync(cancellationToken);
        if (PushedRequests.Contradiction(metadata, registration.Options) is { } contradiction)
        {
            throw new SignInCallException(Blame.Client, "no_pushed_request", $"{registration.Section}:PushedAuthorization: {contradiction}");
        }
    }

    /// <summary>
    /// Redeems a code. What the answer says of tokens is read as at a renewal, and a value that is of no use is left out; only the token type may not be
    /// missing here.
    /// </summary>
    /// <param name="parameters">The form.</param>
    /// <param name="key">That the tokens will be bound to; null for bearer tokens.</param>
    /// <param name="cancellationToken">The browser is gone.</param>
    /// <exception cref="SignInCallException">The provider refused, or its answer is of no use.</exception>
    public async Task<OpenIdConnectMessage> RedeemAsync(
        IDictionary<string, string> parameters, ProofKey? key, CancellationToken cancellationToken)
    {
        var (metadata, options) = (await provider.GetConfigurationAsync(cancellationToken), registration.Options);

        // Who we are is said as the method wants it, and not as the framework does.
        var form = parameters.Where(parameter => parameter.Key != OpenIdConnectParameterNames.ClientId).Concat(options.TokenParameters);
        var body = await SendAsync(ProviderEndpoints.Token(metadata, options), form, key, metadata, unexplained: Blame.User, cancellationToken);
        var message = new OpenIdConnectMessage
        {
            AccessToken = body.AccessToken,
            TokenType = body.VisibleString("token_type"),
            IdToken = body.VisibleString("id_token"),
            RefreshToken = body.Token("refresh_token"),
            Scope = body.Text("scope"),
            ExpiresIn = body.Text("expires_in"),
        };
        message.SetParameter(TokenSet.RefreshTokenExpiresIn, body.Text(TokenSet.RefreshTokenExpiresIn));
        message.SetParameter(TokenSet.RefreshExpiresIn, body.Text(TokenSet.RefreshExpiresIn));
        return message;
    }

    /// <param name="endpoint">Where to.</param>
    /// <param name="parameters">The form.</param>
    /// <param name="key">For a proof; null for none.</param>
    /// <param name="metadata">The provider's.</param>
    /// <param name="unexplained">Who is to blame for a 400 that says nothing.</param>
    /// <param name="cancellationToken">
    /// The browser is gone. Ends the wait for a place; a call that has been sent has the client's own time limit only: the provider uses the code up whether
    /// anybody waits or not, and the refresh token in its response has to be read to be revoked.
    /// </param>
    private async Task<TokenEndpointBody> SendAsync(
        string endpoint, IEnumerable<KeyValuePair<string, string>> parameters, ProofKey? key, OpenIdConnectConfiguration metadata, Blame unexplained,
        CancellationToken cancellationToken)
    {
        using var waiting = new CancellationTokenSource();
        using var browserGone = cancellationToken.UnsafeRegister(_ => waiting.Cancel(), null);
        using var answer = await SendAsync(endpoint, parameters, key, metadata, browserGone.Dispose, waiting.Token);
        var body = await TokenEndpointBody.ReadAsync(answer);
        var error = body.Token("error");
        if (answer.IsSuccessStatusCode && body.IsObject && error is null) { return body; }
        var word = error is null ? $"http_{(int)answer.StatusCode}" : ErrorWords.Printable(error);
        throw new SignInCallException(BlameFor(answer, error, unexplained), word)
        {
            RefreshToken = body.Token("refresh_token"), Status = (int)answer.StatusCode,
        };
    }

    /// <summary>Sends it; and once more where the provider wants a nonce in the proof (RFC 9449 section 8).</summary>
    private async Task<HttpResponseMessage> SendAsync(
        string endpoint, IEnumerable<KeyValuePair<string, string>> parameters, ProofKey? key, OpenIdConnectConfiguration metadata, Action beforeSending,
        CancellationToken cancellationToken)
    {
        for (string? challenge = null; ;)
        {
            using var request = authenticator.Prove(metadata).Post(endpoint, parameters);
            ProviderWatch.BeforeSending(request, beforeSending);
            var sent = proofs.Prove(request, endpoint, key, challenge);
            var answer = await registration.CreateHttpClient().SendAsync(request, cancellationToken);
            var asked = await proofs.ChallengeAsync(endpoint, answer, key, sent);
            if (asked is null || challenge is not null) { return answer; }
            answer.Dispose();
            challenge = asked;
        }
    }

    /// <summary>
    /// RFC 6749 section 5.2, RFC 9126 section 2.3. An answer without an error that is no plain 400 or 401, or is a page, comes from something before the
    /// endpoint.
    /// </summary>
    private static Blame BlameFor(HttpResponseMessage answer, string? error, Blame unexplained)
    {
        var status = (int)answer.StatusCode;
        if (status is >= 500 or 429 or 408 or (>= 300 and < 400)) { return Blame.Provider; }
        if (error is not null) { return ErrorWords.BlameFor(status, error) ?? Blame.Client; }
        return (status, answer.Content.Headers.ContentType?.MediaType) switch
        {
            (400 or 401, "text/html") => Blame.Provider,
            (400, _) => unexplained,
            (401, _) => Blame.Client,
            _ => Blame.Provider,
        };
    }

    [LoggerMessage(LogLevel.Warning, "Provider {Provider} takes no pushed authorization requests from our client ({Error}); sign-ins go without.")]
    private partial void GoesPlainly(string provider, string error);
}

using System.Net;
using System.Security.Claims;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.DPoP;
using Bff.Providers.Metadata;
using Bff.Providers.Throttling;
using Duende.IdentityModel.Client;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;
using IdTokenValidator = Bff.Providers.Metadata.IdTokenValidator;

namespace Bff.Providers.TokenEndpoint;

/// <summary>The only code that sends a refresh token anywhere.</summary>
internal sealed partial class TokenEndpointClient(
    ClientRegistration registration, ProviderMetadata provider, ClientAuthenticator authenticator, EndpointProofs proofs, IdTokenValidator idTokens,
    UserClaims claims, IOptionsMonitor<TokenOptions> options, TimeProvider clock, ILogger<TokenEndpointClient> logger)
{
    /// <summary>What a token is (RFC 7009 section 2.1).</summary>
    public const string RefreshTokenHint = "refresh_token", AccessTokenHint = "access_token";

    /// <summary>
    /// Trades the refresh token for new tokens (RFC 6749 section 6). Sent once: a repeat could replay a rotated refresh token. That a proof lacks its nonce is
    /// said before the refresh token is looked at (RFC 9449 section 8), and then it is sent with the nonce.
    /// </summary>
    /// <param name="current">The session's tokens.</param>
    /// <param name="subject">The session's user; an ID token for anyone else ends the session.</param>
    /// <param name="tenant">The user's, at a provider of many tenants, who has the same subject as somebody in another one, maybe.</param>
    /// <param name="api">Which API the new access token is for; null for the one of the sign-in, whose token is replaced.</param>
    /// <remarks>Ends by its own time limit only: nobody who stops waiting may cut off an answer that carries a rotated token.</remarks>
    public async Task<RefreshOutcome> RefreshAsync(TokenSet current, string subject, string? tenant = null, ApiTarget? api = null)
    {
        using var limit = new CancellationTokenSource(options.CurrentValue.TokenTimeout, clock);
        try
        {
            var metadata = await provider.GetConfigurationAsync(limit.Token);
            var sentAt = clock.GetUtcNow();

            // A session of before this setting gets its key now.
            var key = KeyFor(current);
            using var answer = await SendAsync(current.RefreshToken!, api, key, metadata, limit.Token);
            return await ReadAsync(answer, current, api, key, (subject, tenant), sentAt, limit.Token);
        }
        catch (OperationCanceledException)
        {
            return new Unavailable("timeout");
        }
        catch (ProviderUnavailableException)
        {
            return new Unavailable("discovery");
        }
    }

    /// <summary>Revokes a token (RFC 7009), as far as the provider offers it. Never throws: no end of a session depends on it.</summary>
    /// <param name="token">The refresh token or the access token.</param>
    /// <param name="hint">Which of them: <see cref="RefreshTokenHint"/> or <see cref="AccessTokenHint"/>.</param>
    public async Task<RevocationOutcome> RevokeAsync(string token, string hint)
    {
        using var limit = new CancellationTokenSource(options.CurrentValue.TokenTimeout, clock);
        try
        {
            var metadata = await provider.GetConfigurationAsync(limit.Token);
            if (ProviderEndpoints.Revocation(metadata, registration.Options) is not { Length: > 0 } endpoint) { return RevocationOutcome.NotOffered; }
            using var request = Authenticated<TokenRevocationRequest>(endpoint, metadata);
            request.Token = token;
            request.TokenTypeHint = hint;
            GatedCalls.Mark(request, CallKind.Revocation);
            using var answer = await registration.CreateHttpClient().RevokeTokenAsync(request, limit.Token);
            if (!answer.IsError) { return RevocationOutcome.Revoked; }
            if (answer.Exception is ProviderBusyException) { return RevocationOutcome.TurnedAway; }
            RevocationFailed(NameOf(hint), answer.HttpStatusCode);
            return answer.HttpResponse is null
                ? RevocationOutcome.Unavailable
                : RefusedRevocation((int)answer.HttpStatusCode, await TokenEndpointBody.ReadAsync(answer.HttpResponse));
        }
        catch (Exception error) when (error is OperationCanceledException or ProviderUnavailableException)
        {
            RevocationFailed(NameOf(hint), default);
            return RevocationOutcome.Unavailable;
        }
    }

    private static string NameOf(string hint) => hint == AccessTokenHint ? "an access token" : "a refresh token";

    /// <summary>
    /// RFC 7009 section 2.2.1: an error of RFC 6749 section 5.2 is an answer, unless it is about our client or the weather; what stands in front has no word in
    /// it.
    /// </summary>
    private static RevocationOutcome RefusedRevocation(int status, TokenEndpointBody body)
    {
        if (body.IsPage) { return RevocationOutcome.Unavailable; }
        if (status is 404 or 405 or 410 or 501) { return RevocationOutcome.NotOffered; }   // the metadata names an endpoint that is none
        if (status != StatusCodes.Status400BadRequest) { return RevocationOutcome.Unavailable; }
        return body.Token("error") is { } word && ErrorWords.BlameFor(status, word) is Blame.Client or Blame.Provider
            ? RevocationOutcome.Unavailable
            : RevocationOutcome.Refused;
    }

    private ProofKey? KeyFor(TokenSet? current) => current?.Key ?? (registration.Options.TokenType == TokenType.DPoP ? ProofKey.New() : null);

    private Task<TokenResponse> SendAsync(
        string refreshToken, ApiTarget? api, ProofKey? key, OpenIdConnectConfiguration metadata, CancellationToken limit) =>
        SendAsync<RefreshTokenRequest>(
            request =>
            {
                request.RefreshToken = refreshToken;
                AddTarget(request, api);
            },
            (client, request) => client.RequestRefreshTokenAsync(request, limit), key, metadata);

    /// <summary>Sends it; and once more, made anew, where the provider wants a nonce in the proof.</summary>
    private async Task<TokenResponse> SendAsync<T>(
        Action<T> fill, Func<HttpClient, T, Task<TokenResponse>> send, ProofKey? key, OpenIdConnectConfiguration metadata)
        where T : ProtocolRequest, new()
    {
        for (string? challenge = null; ;)
        {
            var endpoint = ProviderEndpoints.Token(metadata, registration.Options);
            using var request = Authenticated<T>(endpoint, metadata);
            fill(request);
            GatedCalls.Mark(request, CallKind.Renewal);
            var sent = proofs.Prove(request, endpoint, key, challenge);
            var answer = await send(registration.CreateHttpClient(), request);
            var asked = answer.HttpResponse is { } response ? await proofs.ChallengeAsync(endpoint, response, key, sent) : null;
            if (asked is null || challenge is not null) { return answer; }
            answer.Dispose();
            challenge = asked;
        }
    }

    private T Authenticated<T>(string endpoint, OpenIdConnectConfiguration metadata)
        where T : ProtocolRequest, new()
    {
        var proof = authenticator.Prove(metadata);
        var request = new T { Address = endpoint };
        request.Headers.Authorization = proof.Header;
        foreach (var (name, value) in proof.Fields) { request.Parameters.Add(name, value); }
        return request;
    }

    private async Task<RefreshOutcome> ReadAsync(
        TokenResponse answer, TokenSet current, ApiTarget? api, ProofKey? key, (string Subject, string? Tenant) owner, DateTimeOffset sentAt,
        CancellationToken limit)
    {
        if (NoAnswer(answer) is { } nothing) { return nothing; }
        var status = (int)answer.HttpResponse!.StatusCode;
        var body = await TokenEndpointBody.ReadAsync(answer.HttpResponse);
        var rotated = body.Token("refresh_token");
        var rotatedEnd = TokenSet.ReadRefreshTokenEnd(body.Text(TokenSet.RefreshTokenExpiresIn), body.Text(TokenSet.RefreshExpiresIn), sentAt);
        var outcome = status >= 400 || body.Token("error") is not null
            ? RefusedRefresh.Of(status, body, ChallengesClient(answer.HttpResponse), isProven: key is not null)
            : await ReadTokensAsync(body, current, api, key, owner, sentAt, limit);
        return outcome switch
        {
            Renewed renewed => renewed with
            {
                Tokens = renewed.Tokens with
                {
                    RefreshToken = rotated ?? current.RefreshToken,
                    RefreshTokenExpiresAt = rotatedEnd ?? (rotated is null ? current.RefreshTokenExpiresAt : null),
                },
            },
            Rejected { Error: Rejected.SubjectChanged } => outcome,   // what came beside it is another user's, and stays theirs
            var useless => useless with { RotatedRefreshToken = rotated, RotatedRefreshTokenExpiresAt = rotatedEnd, RotatedKey = key },
        };
    }

    /// <summary>There was no response, or only one about the weather.</summary>
    private Unavailable? NoAnswer(TokenResponse answer)
    {
        if (answer.HttpResponse is null) { return new Unavailable(answer.Exception is OperationCanceledException ? "timeout" : "connection"); }
        var status = (int)answer.HttpResponse.StatusCode;
        if (status is 429 or 503) { return new Unavailable($"http_{status}", RetryAfter(answer.HttpResponse)); }
        return status is >= 500 or 408 or (>= 300 and < 400) ? new Unavailable($"http_{status}") : null;
    }

    /// <summary>What is wrong with a response that should bring an access token; null when it does.</summary>
    private RefreshOutcome? ObjectionTo(TokenEndpointBody body, ProofKey? key)
    {
        if (!body.IsObject) { return new Unavailable("not_json") { IsResponse = !body.IsPage }; }
        if (body.AccessToken is null) { return new Unavailable("no_access_token") { IsResponse = true }; }

        // Where the operator asks for none any more, a session may have a bearer token beside its key, which its refresh token may be bound to.
        var mayBeBearer = registration.Options.TokenType == TokenType.Bearer && body.IsBearer;
        return IsBound(body, key) || mayBeBearer ? null : new Misconfigured("token_type", MayPass: true);
    }

    private static bool IsBound(TokenEndpointBody body, ProofKey? key) => key is not null && body.IsBound;

    private DateTimeOffset ExpiryOf(TokenEndpointBody body, DateTimeOffset sentAt) =>
        sentAt + TokenSet.ReadLifetime(body.Text("expires_in"), options.CurrentValue.AssumedLifetime);

    private async Task<RefreshOutcome> ReadTokensAsync(
        TokenEndpointBody body, TokenSet current, ApiTarget? api, ProofKey? key, (string Subject, string? Tenant) owner, DateTimeOffset sentAt,
        CancellationToken limit)
    {
        if (ObjectionTo(body, key) is { } useless) { return useless; }
        var (accessToken, isBound) = (body.AccessToken!, IsBound(body, key));
        var (user, idToken, objection) = body.Has("id_token") ? await CheckAsync(body.Token("id_token") ?? "", accessToken, owner, limit) : default;
        if (objection is not null) { return objection; }
        if (api is not null)
        {
            return new Renewed(current.HeldBy(key).With(NewToken(api, current.Find(api), body, key, sentAt)) with { DoubtedAt = null });
        }

        return new Renewed(
            new TokenSet(
                accessToken,
                current.RefreshToken,
                idToken ?? current.IdToken,
                body.Text("scope") ?? current.Scope,
                sentAt,
                ExpiryOf(body, sentAt),
                Acr: current.SignInAcr ?? "",
                ProofKey: key?.Text,
                IsBearer: !isBound)
            {
                ApiTokens = current.ApiTokens,
            },
            user);
    }

    /// <summary>
    /// OpenID Connect Core 1.0 section 12.2: valid by section 3.1.3.7, the same issuer and subject as at sign-in. What cannot be verified proves nothing, so
    /// the access token beside it is not used either (docs/decisions/0017); only proof of another user ends the session.
    /// </summary>
    /// <returns>What it says of the user, and the token that was signed, also when it came encrypted: a sign-out sends it back; or what is wrong with it.</returns>
    private async Task<(ClaimsIdentity? User, string? Signed, RefreshOutcome? Objection)> CheckAsync(
        string idToken, string accessToken, (string Subject, string? Tenant) owner, CancellationToken limit)
    {
        try
        {
            var result = await idTokens.ValidateAsync(idToken, accessToken, limit);
            var read = result.IsValid ? (JsonWebToken)result.SecurityToken : null;
            var other = read is null ? result.Exception is TokenRefusedException { IsOfAnotherIssuer: true } : IsOfAnother(read, owner);
            if (other) { return (null, null, new Rejected(Rejected.SubjectChanged)); }
            if (read is not null) { return (new ClaimsIdentity(claims.Of(IdTokenClaims.Payload(read.EncodedPayload))), read.EncodedToken, null); }
            IdTokenUnverified(result.Exception is TokenRefusedException ? result.Exception.Message : result.Exception?.GetType().Name);
            return (null, null, new Misconfigured("id_token", MayPass: true));
        }
        catch (Exception error) when (error is ProviderUnavailableException or OperationCanceledException)
        {
            IdTokenUnverified(error.GetType().Name);
            return (null, null, new Unavailable("keys") { IsResponse = true });
        }
        catch (Exception error)
        {
            // Whatever an odd token does to the validator, the refresh token beside it must be kept.
            IdTokenUnverified(error.GetType().Name);
            return (null, null, new Misconfigured("id_token", MayPass: true));
        }
    }

    /// <summary>A subject is one user's at one issuer only (OpenID Connect Core 1.0 section 5.7).</summary>
    private bool IsOfAnother(JsonWebToken token, (string Subject, string? Tenant) owner) =>
        token.Subject != owner.Subject || (registration.Options.Issuers is not null
            && (!token.TryGetClaim(TenantIssuers.Claim, out var tenant) || tenant.Value != owner.Tenant));

    private static bool ChallengesClient(HttpResponseMessage answer) =>
        answer.Headers.WwwAuthenticate.Any(challenge => !challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            && !challenge.Scheme.Equals("DPoP", StringComparison.OrdinalIgnoreCase));

    private TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "A renewal brought an ID token that could not be verified ({Cause}); its access token is not used.")]
    private partial void IdTokenUnverified(string? cause);

    [LoggerMessage(LogLevel.Warning, "The provider did not revoke {What} (HTTP {Status}).")]
    private partial void RevocationFailed(string what, HttpStatusCode status);
}

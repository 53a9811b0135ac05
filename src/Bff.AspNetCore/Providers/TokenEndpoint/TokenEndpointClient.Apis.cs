using Bff.Providers.DPoP;
using Duende.IdentityModel.Client;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Providers.TokenEndpoint;

/// <content>Tokens for APIs that a route names.</content>
internal sealed partial class TokenEndpointClient
{
    private const string ExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange", ClientGrant = "client_credentials",
        AccessTokenType = "urn:ietf:params:oauth:token-type:access_token", JwtType = "urn:ietf:params:oauth:token-type:jwt";

    /// <summary>Exchanges the user's access token for one of another API (RFC 8693 section 2). It uses nothing up.</summary>
    /// <param name="current">The session's tokens, the access token alive.</param>
    /// <param name="api">Which API.</param>
    /// <returns>The tokens with the new one, which is kept no longer than the user's own lives.</returns>
    public Task<RefreshOutcome> ExchangeAsync(TokenSet current, ApiTarget api) => AskAsync(
        KeyFor(current),
        request =>
        {
            request.GrantType = ExchangeGrant;
            request.Parameters.Add("subject_token", current.AccessToken);
            request.Parameters.Add("subject_token_type", AccessTokenType);
            request.Parameters.Add("requested_token_type", AccessTokenType);
            AddTarget(request, api);
        },
        (body, key, sentAt) =>
        {
            if (body.Text("issued_token_type") is { } type and not (AccessTokenType or JwtType))
            {
                return new Misconfigured("issued_token_type", MayPass: true);
            }

            var token = NewToken(api, current.Find(api), body, key, sentAt);
            return new Renewed(current.HeldBy(key).With(token with { ExpiresAt = token.ExpiresAt < current.ExpiresAt ? token.ExpiresAt : current.ExpiresAt }));
        });

    /// <summary>A token of our client itself (RFC 6749 section 4.4).</summary>
    /// <param name="current">The one it has; null for none.</param>
    /// <param name="api">Which API.</param>
    public Task<RefreshOutcome> AskForClientAsync(TokenSet? current, ApiTarget api) => AskAsync(
        KeyFor(current),
        request =>
        {
            request.GrantType = ClientGrant;
            AddTarget(request, api);
        },
        (body, key, sentAt) => new Renewed(
            new TokenSet(
                body.AccessToken!, RefreshToken: null, IdToken: null, body.Text("scope"), sentAt, ExpiryOf(body, sentAt), ProofKey: key?.Text,
                IsBearer: !IsBound(body, key))));

    private async Task<RefreshOutcome> AskAsync(
        ProofKey? key, Action<TokenRequest> fill, Func<TokenEndpointBody, ProofKey?, DateTimeOffset, RefreshOutcome> read)
    {
        using var limit = new CancellationTokenSource(options.CurrentValue.TokenTimeout, clock);
        try
        {
            var metadata = await provider.GetConfigurationAsync(limit.Token);
            var sentAt = clock.GetUtcNow();
            using var answer = await SendAsync(fill, (client, request) => client.RequestTokenAsync(request, limit.Token), key, metadata);
            if (NoAnswer(answer) is { } nothing) { return nothing; }
            var (status, body) = ((int)answer.HttpResponse!.StatusCode, await TokenEndpointBody.ReadAsync(answer.HttpResponse));
            if (status >= 400 || body.Token("error") is not null)
            {
                return RefusedRefresh.Of(status, body, ChallengesClient(answer.HttpResponse), isProven: key is not null);
            }

            return ObjectionTo(body, key) ?? read(body, key, sentAt);
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

    /// <summary>What the operator adds to each token request; of what names an API only what the route says, where it says something.</summary>
    private void AddTarget(ProtocolRequest request, ApiTarget? api)
    {
        var options = registration.Options;
        foreach (var (name, value) in options.TokenParameters)
        {
            if (api is null || api == ApiTarget.Whatever || name is not ("audience" or "resource" or "scope")) { request.Parameters.Add(name, value); }
        }

        if (api?.Audience is { } audience) { request.Parameters.Add(options.AudienceParameter, audience); }
        if (api?.Resource is { } resource) { request.Parameters.Add("resource", resource); }
        if (api?.Scope is { } scope) { request.Parameters.Add("scope", scope); }
    }

    private ApiToken NewToken(ApiTarget api, ApiToken? before, TokenEndpointBody body, ProofKey? key, DateTimeOffset sentAt) => new(
        api, $"{(IsBound(body, key) ? ProofHeaders.Proof : "Bearer")} {body.AccessToken}", sentAt, ExpiryOf(body, sentAt), before?.UsedAt ?? sentAt,
        (before?.Count ?? 0) + 1);
}

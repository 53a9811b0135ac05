using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bff.Providers.DPoP;
using Bff.Providers.Metadata;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Providers.TokenEndpoint;

/// <summary>Asks the userinfo endpoint about the user who signs in (OpenID Connect Core 1.0 section 5.3).</summary>
internal sealed class UserInfoClient(ClientRegistration registration, ProviderMetadata provider, IdTokenValidator tokens, TimeProvider clock)
{
    /// <summary>Its nonces are not those of the token endpoint (RFC 9449 section 9).</summary>
    private readonly ProvenRequests _proofs = new(clock);

    private const string Jwt = "application/jwt";

    /// <summary>The provider has such an endpoint.</summary>
    public async Task<bool> IsOfferedAsync(CancellationToken cancellationToken) =>
        await EndpointAsync(cancellationToken) is { Length: > 0 };

    private async Task<string?> EndpointAsync(CancellationToken cancellationToken) =>
        ProviderEndpoints.UserInfo(await provider.GetConfigurationAsync(cancellationToken), registration.Options);

    /// <param name="accessToken">Of the sign-in.</param>
    /// <param name="key">That it is bound to; null for a bearer token.</param>
    /// <param name="issuer">Of the ID token that came with it.</param>
    /// <param name="subject">The same.</param>
    /// <param name="cancellationToken">The browser is gone.</param>
    /// <exception cref="UserInfoException">There is no answer that may be used.</exception>
    public async Task<JsonElement> AskAsync(
        string accessToken, ProofKey? key, string issuer, string subject, CancellationToken cancellationToken)
    {
        var endpoint = await EndpointAsync(cancellationToken);
        if (string.IsNullOrEmpty(endpoint)) { throw Unusable("The provider's metadata names no userinfo_endpoint."); }
        var claims = await ReadAsync(endpoint, accessToken, key, issuer, cancellationToken);
        if (claims.ValueKind != JsonValueKind.Object) { throw Unusable("The userinfo response holds no claims."); }
        if (!claims.TryGetProperty("sub", out var said) || said is not { ValueKind: JsonValueKind.String } || said.GetString() is not { Length: > 0 } user)
        {
            throw Unusable("The userinfo response has no sub.");
        }

        return user == subject
            ? claims
            : throw new UserInfoException("The userinfo response is about another user than the ID token.", UserInfoFault.OtherUser);
    }

    private async Task<JsonElement> ReadAsync(string endpoint, string accessToken, ProofKey? key, string issuer, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendAsync(endpoint, accessToken, key, cancellationToken);
            var status = (int)answer.StatusCode;
            if (status is >= 500 or 429 or 408) { throw new UserInfoException($"The userinfo endpoint answered HTTP {status}.", UserInfoFault.Unreachable); }
            if (!answer.IsSuccessStatusCode) { throw Unusable($"The userinfo endpoint refused the access token (HTTP {status})."); }
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.Content.Headers.ContentType?.MediaType is Jwt
                ? await VerifyAsync(Encoding.UTF8.GetString(body), issuer, cancellationToken)
                : Parse(body);
        }
        catch (Exception error) when (error is HttpRequestException or ProviderUnavailableException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UserInfoException("The userinfo endpoint cannot be reached.", UserInfoFault.Unreachable);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string endpoint, string accessToken, ProofKey? key, CancellationToken cancellationToken)
    {
        for (string? challenge = null; ;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, endpoint)
            {
                Headers =
                {
                    Authorization = new AuthenticationHeaderValue(key is null ? "Bearer" : ProofHeaders.Proof, accessToken),
                    Accept = { new("application/json"), new(Jwt) },
                },
            };
            var sent = key is null ? null : _proofs.Prove(request, key, challenge, request.Headers.Authorization!.ToString());
            var answer = await registration.CreateHttpClient().SendAsync(request, cancellationToken);
            if (key is null) { return answer; }
            var nonce = _proofs.Learn(request.RequestUri!, answer);
            if (challenge is not null || nonce is null || nonce == sent || !ProofHeaders.AsksForNonce(answer)) { return answer; }
            answer.Dispose();
            challenge = nonce;
        }
    }

    private async Task<JsonElement> VerifyAsync(string token, string issuer, CancellationToken cancellationToken)
    {
        var result = await tokens.ValidateUserInfoAsync(token.Trim(), issuer, cancellationToken);
        return result.IsValid ? IdTokenClaims.Payload(((JsonWebToken)result.SecurityToken).EncodedPayload) : throw Unusable(result.Exception.Message);
    }

    private static JsonElement Parse(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return IdTokenClaims.IsReadable(json.RootElement) ? json.RootElement.Clone() : throw Unusable("The userinfo response has half a character in it.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Unusable("The userinfo response is no JSON, or says something twice.");
        }
    }

    private static UserInfoException Unusable(string why) => new(why, UserInfoFault.Unusable);
}

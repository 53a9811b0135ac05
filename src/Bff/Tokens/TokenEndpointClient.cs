using System.Net;
using Duende.IdentityModel.Client;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tokens;

/// <summary>The only code that sends a refresh token anywhere.</summary>
internal sealed partial class TokenEndpointClient(
    IHttpClientFactory clients,
    Provider provider,
    IdTokenHandler idTokens,
    IOptionsMonitor<OidcOptions> oidc,
    IOptionsMonitor<TokenOptions> options,
    TimeProvider clock,
    ILogger<TokenEndpointClient> logger)
{
    /// <summary>Trades the refresh token for new tokens (RFC 6749 section 6). Sent once: a repeat could replay a rotated refresh token.</summary>
    /// <param name="current">The session's tokens.</param>
    /// <param name="subject">The session's user; an ID token for anyone else ends the session.</param>
    /// <remarks>Ends by its own time limit only: nobody who stops waiting may cut off an answer that carries a rotated token.</remarks>
    public async Task<RefreshOutcome> RefreshAsync(TokenSet current, string subject)
    {
        using var limit = new CancellationTokenSource(options.CurrentValue.TokenTimeout, clock);
        try
        {
            var endpoint = (await provider.GetConfigurationAsync(limit.Token)).TokenEndpoint;
            var sentAt = clock.GetUtcNow();
            using var request = Authenticated<RefreshTokenRequest>(endpoint);
            request.RefreshToken = current.RefreshToken!;
            using var answer = await clients.CreateClient(Provider.HttpClientName).RequestRefreshTokenAsync(request, limit.Token);
            return await ReadAsync(answer, current, subject, sentAt, limit.Token);
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

    /// <summary>Revokes a refresh token (RFC 7009), as far as the provider offers it. Never throws: no end of a session depends on it.</summary>
    public async Task<RevocationOutcome> RevokeAsync(string refreshToken)
    {
        using var limit = new CancellationTokenSource(options.CurrentValue.TokenTimeout, clock);
        try
        {
            if ((await provider.GetConfigurationAsync(limit.Token)).RevocationEndpoint is not { Length: > 0 } endpoint) { return RevocationOutcome.NotOffered; }
            using var request = Authenticated<TokenRevocationRequest>(endpoint);
            request.Token = refreshToken;
            request.TokenTypeHint = "refresh_token";
            using var answer = await clients.CreateClient(Provider.HttpClientName).RevokeTokenAsync(request, limit.Token);
            if (!answer.IsError) { return RevocationOutcome.Revoked; }
            RevocationFailed(answer.HttpStatusCode);

            // RFC 7009 section 2.2.1: an error of RFC 6749 section 5.2 is an answer, but for the one that is about us and may be mended.
            return answer is { HttpStatusCode: HttpStatusCode.BadRequest, Error: not "invalid_client" } ? RevocationOutcome.Refused : RevocationOutcome.Unavailable;
        }
        catch (Exception error) when (error is OperationCanceledException or ProviderUnavailableException)
        {
            RevocationFailed(default);
            return RevocationOutcome.Unavailable;
        }
    }

    private T Authenticated<T>(string endpoint)
        where T : ProtocolRequest, new() => new()
        {
            Address = endpoint,
            ClientId = oidc.CurrentValue.ClientId,
            ClientSecret = oidc.CurrentValue.Secret,
            ClientCredentialStyle = ClientCredentialStyle.PostBody,
        };

    private async Task<RefreshOutcome> ReadAsync(TokenResponse answer, TokenSet current, string subject, DateTimeOffset sentAt, CancellationToken limit)
    {
        if (answer.HttpResponse is null) { return new Unavailable(answer.Exception is OperationCanceledException ? "timeout" : "connection"); }
        var status = (int)answer.HttpResponse.StatusCode;
        if (status is 429 or 503) { return new Unavailable($"http_{status}", RetryAfter(answer.HttpResponse)); }
        if (status is >= 500 or 408 or (>= 300 and < 400)) { return new Unavailable($"http_{status}"); }

        var body = await TokenEndpointBody.ReadAsync(answer.HttpResponse);
        if (status >= 400 || body.Text("error") is not null) { return Refusal(body.Text("error")); }
        if (!body.IsObject) { return new Unavailable("not_json"); }
        if (body.Text("access_token") is not { } accessToken || !accessToken.All(c => c is > ' ' and <= '~'))
        {
            return new Unavailable("no_access_token") { RotatedRefreshToken = body.Text("refresh_token") };
        }

        if (!string.Equals(body.Text("token_type") ?? "Bearer", "Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new Misconfigured("token_type") { RotatedRefreshToken = body.Text("refresh_token") };
        }

        var idToken = body.Text("id_token");
        if (idToken is not null)
        {
            var (valid, belongsToOther) = await CheckAsync(idToken, subject, limit);
            if (belongsToOther) { return new Rejected("subject_changed") { RotatedRefreshToken = body.Text("refresh_token") }; }
            if (!valid) { idToken = null; }
        }

        return new Renewed(new TokenSet(
            accessToken,
            body.Text("refresh_token") ?? current.RefreshToken,
            idToken ?? current.IdToken,
            body.Text("scope") ?? current.Scope,
            sentAt,
            sentAt + TokenSet.ReadLifetime(body.Text("expires_in"), options.CurrentValue.AssumedLifetime)));
    }

    /// <summary>RFC 6749 section 5.2.</summary>
    private static RefreshOutcome Refusal(string? error) => error switch
    {
        "invalid_grant" => new Rejected(error),
        "temporarily_unavailable" or "server_error" => new Unavailable(error),
        _ => new Misconfigured(Printable(error)),
    };

    /// <summary>
    /// OpenID Connect Core 1.0 section 12.2: the same issuer and subject as at sign-in. The refresh token has rotated by now, so an ID token that cannot be
    /// verified (keys that lag behind, a clock) is dropped and the session goes on with the old one; only proof of another user ends it.
    /// </summary>
    private async Task<(bool Valid, bool BelongsToOther)> CheckAsync(string idToken, string subject, CancellationToken limit)
    {
        try
        {
            var result = await idTokens.ValidateAsync(idToken, limit);
            if (result.IsValid) { return (true, result.ClaimsIdentity.FindFirst("sub")?.Value != subject); }
            IdTokenDropped(result.Exception?.GetType().Name);
            return (false, result.Exception is SecurityTokenInvalidIssuerException);
        }
        catch (Exception error) when (error is ProviderUnavailableException or OperationCanceledException)
        {
            IdTokenDropped(error.GetType().Name);
            return (false, false);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    /// <summary>The provider's word for a log line: short and plain, whatever it sent.</summary>
    private static string Printable(string? error) =>
        error is { Length: > 0 and <= 64 } && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? error : "unknown_error";

    [LoggerMessage(LogLevel.Error, "A renewal brought an ID token that could not be verified ({Cause}); the new tokens are kept without it.")]
    private partial void IdTokenDropped(string? cause);

    [LoggerMessage(LogLevel.Warning, "The provider did not revoke a refresh token (HTTP {Status}).")]
    private partial void RevocationFailed(HttpStatusCode status);
}

using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tokens;

/// <summary>
/// Validates an ID token by OpenID Connect Core 1.0 section 3.1.3.7, at sign-in and at renewal alike. The signature is required
/// though section 3.1.3.7 rule 6 would let a code-flow client skip it, and a key nobody has seen yet makes us fetch the keys once more.
/// </summary>
internal sealed class IdTokenHandler : JsonWebTokenHandler
{
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan KeyFetchLimit = TimeSpan.FromSeconds(20);

    private readonly Provider _provider;
    private readonly IOptions<OidcOptions> _options;
    private readonly TimeProvider _clock;

    public IdTokenHandler(Provider provider, IOptions<OidcOptions> options, TimeProvider clock)
    {
        (_provider, _options, _clock) = (provider, options, clock);
        MapInboundClaims = false;
    }

    /// <summary>An ID token may be signed with this algorithm.</summary>
    public static bool Accepts(string algorithm) => Algorithms.Contains(algorithm);

    /// <summary>Validates with our rules; those of <paramref name="parameters"/> that name claim types are kept.</summary>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters parameters)
    {
        using var limit = new CancellationTokenSource(KeyFetchLimit, _clock);
        return await ValidateAsync(token, parameters, limit.Token);
    }

    /// <param name="token">The ID token.</param>
    /// <param name="cancel">Ends the wait for keys that have to be fetched.</param>
    public Task<TokenValidationResult> ValidateAsync(string token, CancellationToken cancel) => ValidateAsync(token, new TokenValidationParameters(), cancel);

    private async Task<TokenValidationResult> ValidateAsync(string token, TokenValidationParameters parameters, CancellationToken cancel)
    {
        var known = await _provider.GetConfigurationAsync(cancel);
        var result = await ValidateWithAsync(known, token, parameters);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException)
        {
            result = await ValidateWithAsync(await _provider.GetFreshConfigurationAsync(known, cancel), token, parameters);
        }

        return result.IsValid && Objection((JsonWebToken)result.SecurityToken) is { } objection
            ? new TokenValidationResult { IsValid = false, Exception = new SecurityTokenValidationException(objection) }
            : result;
    }

    private Task<TokenValidationResult> ValidateWithAsync(OpenIdConnectConfiguration provider, string token, TokenValidationParameters given) =>
        base.ValidateTokenAsync(token, new TokenValidationParameters
        {
            NameClaimType = given.NameClaimType,
            RoleClaimType = given.RoleClaimType,
            ValidIssuer = provider.Issuer,
            ValidAudience = _options.Value.ClientId,
            IssuerSigningKeys = provider.SigningKeys,
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsAlive,
        });

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return expires > now - Skew && (notBefore is null || notBefore < now + Skew);
    }

    private string? Objection(JsonWebToken token)
    {
        if (string.IsNullOrEmpty(token.Subject)) { return "The ID token has no sub."; }
        if (!token.TryGetPayloadValue<long>(JwtRegisteredClaimNames.Iat, out _)) { return "The ID token has no iat."; }
        if (token.Audiences.Any(audience => audience != _options.Value.ClientId)) { return "The ID token is also for an audience we do not trust."; }
        if (token.Azp is { Length: > 0 } authorized && authorized != _options.Value.ClientId) { return "The ID token's azp is another client."; }
        return null;
    }
}

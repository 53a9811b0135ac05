using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Providers.Metadata;

/// <summary>
/// Validates an access token of one provider that somebody else brings (RFC 9068 section 4). What costs nothing comes first: anybody may bring one. For whom
/// it is, is the route's question.
/// </summary>
internal sealed class AccessTokenValidator(ClientRegistration registration, ProviderMetadata metadata, IdTokenValidator idTokens, TimeProvider clock)
{
    /// <summary>How old the keys may be that somebody else's token is checked with: one of them may have been taken back.</summary>
    public static readonly TimeSpan MaxKeyAge = TimeSpan.FromMinutes(5);

    private const string Role = OidcOptions.DefaultRoleClaim;

    private static readonly string[] TypesOfAccessTokens = ["at+jwt", "application/at+jwt"];

    /// <summary>What only an ID token or a logout token has (OpenID Connect Core 1.0 sections 2 and 3.3.2.11, Back-Channel Logout 1.0 section 2.4).</summary>
    private static readonly string[] OfOtherTokens = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

    /// <summary>What providers that name no type put into access tokens, and into nothing else.</summary>
    private static readonly string[] OfAccessTokens = ["scope", "scp", "client_id", "cid", "appid", "azpacr", "gty"];

    private OidcOptions Options => registration.Options;

    /// <summary>The token names this issuer of ours; whether the provider calls itself exactly so is checked with the signature.</summary>
    public bool IsIssuer(string issuer) => Options.Issuers?.IsIssuer(issuer) ?? issuer.TrimEnd('/') == Options.Authority.TrimEnd('/');

    /// <param name="read">The token, as it says itself.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    /// <exception cref="TokenRefusedException">It is not to be believed; the message says why and quotes nothing.</exception>
    /// <exception cref="ProviderUnavailableException">The provider's keys are not known, and cannot be had now.</exception>
    public async Task<AccessToken> ValidateAsync(JsonWebToken read, CancellationToken cancellationToken)
    {
        if (read.ValidTo <= clock.GetUtcNow().UtcDateTime - Options.ClockTolerance) { throw new TokenRefusedException("The access token has expired."); }
        await metadata.GetConfigurationAsync(cancellationToken);   // the first token has them fetched
        metadata.KeepYoungerThan(MaxKeyAge);
        var keys = metadata.Keys;   // before they are used: newer ones are not those that it was found good by
        var result = await idTokens.ValidateAccessTokenAsync(read.EncodedToken, read.Kid, cancellationToken);
        if (!result.IsValid) { throw result.Exception; }
        var token = (JsonWebToken)result.SecurityToken;
        var claims = IdTokenClaims.Payload(token.EncodedPayload);
        if (OfAnotherKind(token, claims) is { } objection) { throw new TokenRefusedException($"The access token {objection}."); }
        var (thumbprint, isBoundElsewhere) = BindingOf(claims);
        return new()
        {
            Provider = registration.Name,
            User = new(new ClaimsIdentity(ClaimsOf(claims), nameof(AccessToken), "name", Role)),
            Audiences = [.. token.Audiences],
            ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
            KeyThumbprint = thumbprint,
            IsBoundElsewhere = isBoundElsewhere,
            ClockTolerance = Options.ClockTolerance,
            IsOfSameKeys = () => ReferenceEquals(metadata.Keys, keys),
        };
    }

    /// <summary>RFC 9068 section 4: the type says it. Where the provider gives none, nothing may speak for another kind, and something for this one.</summary>
    private string? OfAnotherKind(JsonWebToken token, JsonElement claims)
    {
        if (TypesOfAccessTokens.Contains(token.Typ, StringComparer.OrdinalIgnoreCase)) { return null; }
        if (token.Typ is { Length: > 0 } type && !type.Equals("JWT", StringComparison.OrdinalIgnoreCase)) { return "is a token of another type"; }
        if (Array.Exists(OfOtherTokens, name => claims.TryGetProperty(name, out _))) { return "is a token of another kind: an ID token or a logout token"; }

        // Keycloak and Amazon Cognito say it in the payload.
        var (kind, use) = (TextOf(claims, "typ"), TextOf(claims, "token_use"));
        if (kind is not (null or "Bearer") || use is not (null or "access")) { return "is a token of another kind"; }
        if (token.Audiences.Contains(Options.ClientId, StringComparer.Ordinal)) { return "is for the client that signs users in, as an ID token is"; }
        return kind is not null || use is not null || Array.Exists(OfAccessTokens, name => claims.TryGetProperty(name, out _))
            ? null : "does not say that it is an access token";
    }

    private static (string? Thumbprint, bool IsBoundElsewhere) BindingOf(JsonElement claims)
    {
        if (!claims.TryGetProperty("cnf", out var confirmation)) { return (null, false); }
        var isKey = confirmation.ValueKind == JsonValueKind.Object && confirmation.EnumerateObject().Count() == 1;
        return isKey && TextOf(confirmation, "jkt") is { Length: > 0 } thumbprint ? (thumbprint, false) : (null, true);
    }

    /// <summary>Read as those of an ID token are, so that a policy finds the same: roles by <c>RoleClaim</c> alone, whatever else a policy takes for one.</summary>
    private IEnumerable<Claim> ClaimsOf(JsonElement claims)
    {
        var roles = ClaimPath.Roles(ClaimPath.Find(claims, Options.RoleClaim)).Select(role => new Claim(Role, role));
        return IdTokenClaims.ReadAll(claims).Where(claim => claim.Type is not (Role or ClaimTypes.Role)).Concat(roles);
    }

    private static string? TextOf(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? IdTokenClaims.TextOf(value) : value.GetRawText() : null;
}

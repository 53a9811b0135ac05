using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.Metadata;

/// <summary>
/// Validates an ID token by OpenID Connect Core 1.0 section 3.1.3.7, at sign-in and at renewal alike. The signature is required
/// though section 3.1.3.7 rule 6 would let a code-flow client skip it, and a key nobody has seen yet makes us fetch the keys once more.
/// </summary>
internal sealed class IdTokenValidator : JsonWebTokenHandler
{
    private const string IdToken = "ID token", UserInfo = "userinfo response", Response = "authorization response", Logout = "logout token",
        Access = "access token";

    /// <summary>RFC 7518 section 3.3.</summary>
    private const int MinRsaBits = 2048;

    /// <summary>Also how much older than the clocks explain a new token may be: the call that brought it took time.</summary>
    private static readonly TimeSpan KeyFetchLimit = TimeSpan.FromSeconds(20);

    private readonly ClientRegistration _registration;
    private readonly ProviderMetadata _provider;
    private readonly TimeProvider _clock;

    public IdTokenValidator(ClientRegistration registration, ProviderMetadata provider, TimeProvider clock)
    {
        (_registration, _provider, _clock) = (registration, provider, clock);
        MapInboundClaims = false;
    }

    /// <summary>At sign-in. Validates with our rules; those of <paramref name="validationParameters"/> that name claim types are kept.</summary>
    /// <remarks>Nonce and <c>at_hash</c> are compared by the framework's protocol validator, which sees the whole answer.</remarks>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        using var limit = new CancellationTokenSource(KeyFetchLimit, _clock);
        return await ValidateAsync(token, validationParameters, IssuedLongAgo, limit.Token);
    }

    /// <summary>At renewal.</summary>
    /// <param name="token">The ID token.</param>
    /// <param name="accessToken">That came with it.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    /// <returns>The token that was signed, also when it came encrypted.</returns>
    public Task<TokenValidationResult> ValidateAsync(string token, string accessToken, CancellationToken cancellationToken) =>
        ValidateAsync(token, new TokenValidationParameters(), claims => HashOfAnother(claims, accessToken), cancellationToken);

    /// <summary>
    /// An authorization response that is a token (JARM section 2.4): signed by the provider with a key for ID tokens, its issuer, for our client alone, and
    /// not expired.
    /// </summary>
    /// <param name="token">The response.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    public async Task<TokenValidationResult> ValidateResponseAsync(string token, CancellationToken cancellationToken)
    {
        if (TokenDecryption.IsEncrypted(token)) { return Invalid(Response, "is encrypted, which Bff does not read"); }
        var result = await CheckAsync(Response, token, new TokenValidationParameters(), cancellationToken);
        if (!result.IsValid) { return result; }
        var read = (JsonWebToken)result.SecurityToken;
        var asked = (await _provider.GetConfigurationAsync(cancellationToken)).Issuer;
        if (!(_registration.Options.Issuers?.IsIssuer(read.Issuer) ?? read.Issuer == asked)) { return Invalid(Response, "is of another issuer"); }
        return read.Audiences.All(audience => audience == _registration.Options.ClientId) ? result : Invalid(Response, "is also for somebody else");
    }

    /// <summary>A userinfo response that is a signed token (OpenID Connect Core 1.0 section 5.3.2).</summary>
    /// <param name="token">The response.</param>
    /// <param name="issuer">That of the ID token.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    public async Task<TokenValidationResult> ValidateUserInfoAsync(string token, string issuer, CancellationToken cancellationToken)
    {
        if (TokenDecryption.IsEncrypted(token)) { return Invalid(UserInfo, "is encrypted, which Bff does not read"); }
        var result = await CheckAsync(UserInfo, token, new TokenValidationParameters(), cancellationToken);
        if (!result.IsValid) { return result; }
        var read = (JsonWebToken)result.SecurityToken;
        if (read.Issuer is { Length: > 0 } said && said != issuer) { return Invalid(UserInfo, "is of another issuer"); }
        var audiences = read.Audiences.ToList();
        return audiences.Count > 0 && !audiences.Contains(_registration.Options.ClientId) ? Invalid(UserInfo, "is for another audience") : result;
    }

    /// <summary>
    /// The signature of a logout token, which is made with a key for ID tokens; <see cref="LogoutTokenValidator"/> has looked at the rest. Anybody may send
    /// one, so a key that nobody has seen makes us fetch the keys less often, and a wrong signature under the name of a known one does not.
    /// </summary>
    /// <param name="token">Names its key, or none.</param>
    /// <param name="mayFetch">Whether keys may be fetched for it at all.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    /// <returns>Not valid for want of keys where they would have to be fetched, and must not be now.</returns>
    /// <exception cref="ProviderUnavailableException">The keys that are needed cannot be had now.</exception>
    public async Task<TokenValidationResult> ValidateLogoutTokenAsync(LogoutToken token, bool mayFetch, CancellationToken cancellationToken) =>
        _provider.Known is null && !mayFetch
            ? WithoutKeys()
            : await CheckAsync(Logout, token.Text, new TokenValidationParameters(), cancellationToken, mayFetch, token.KeyName);

    /// <summary>
    /// Signature, times and issuer of an access token that anybody may bring; <see cref="AccessTokenValidator"/> looks at the rest. A key that nobody has seen
    /// makes us fetch the keys less often, and a wrong signature under the name of a known one does not.
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="keyName">Its <c>kid</c>; null when it has none.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    /// <exception cref="ProviderUnavailableException">The keys that are needed cannot be had now.</exception>
    public async Task<TokenValidationResult> ValidateAccessTokenAsync(string token, string? keyName, CancellationToken cancellationToken)
    {
        var result = await CheckAsync(Access, token, new TokenValidationParameters(), cancellationToken, keyName: keyName);
        if (!result.IsValid) { return result; }
        var other = OtherIssuer((JsonWebToken)result.SecurityToken, await _provider.GetConfigurationAsync(cancellationToken));
        return other is null ? result : Invalid(Access, "is of another issuer");
    }

    private async Task<TokenValidationResult> ValidateAsync(
        string token, TokenValidationParameters parameters, Func<JsonWebToken, string?> more, CancellationToken cancellationToken)
    {
        string signed;
        try
        {
            signed = Opened(token);
        }
        catch (TokenRefusedException refused)
        {
            return new() { Exception = refused };
        }

        var result = await CheckAsync(IdToken, signed, parameters, cancellationToken);
        if (!result.IsValid) { return result; }
        var read = (JsonWebToken)result.SecurityToken;
        if (OtherIssuer(read, await _provider.GetConfigurationAsync(cancellationToken)) is { } other) { return new() { Exception = other }; }
        return (Objection(read) ?? more(read)) is { } objection ? Invalid(IdToken, objection) : result;
    }

    /// <summary>Of an encrypted token what is in it; the signature within is what proves anything.</summary>
    private string Opened(string token)
    {
        var key = _registration.Options.IdTokenDecryptionKey;
        if (!TokenDecryption.IsEncrypted(token))
        {
            return string.IsNullOrEmpty(key)
                ? token
                : throw new TokenRefusedException($"The ID token is not encrypted, though {_registration.Section}:IdTokenDecryptionKey is set.");
        }

        if (string.IsNullOrEmpty(key))
        {
            throw new TokenRefusedException($"The ID token is encrypted, and {_registration.Section}:IdTokenDecryptionKey has no key for it.");
        }

        using var ours = DecryptionKey.Read(key);
        return TokenDecryption.Decrypt(token, ours);
    }

    private async Task<TokenValidationResult> CheckAsync(
        string what, string token, TokenValidationParameters parameters, CancellationToken cancellationToken, bool mayFetch = true,
        string? keyName = null)
    {
        if (ObjectionToForm(what, token, out var algorithm) is { } malformed) { return Invalid(what, malformed); }
        if (!_registration.Options.EffectiveSigningAlgorithms.Contains(algorithm, StringComparer.Ordinal)
            || (what == Access && TokenAlgorithms.BySecret.Contains(algorithm)))
        {
            return Invalid(what, "is signed with an algorithm that is not accepted");
        }

        var known = await _provider.GetConfigurationAsync(cancellationToken);
        var result = await CheckWithAsync(known, what, token, algorithm, parameters);
        if (result.Exception is SecurityTokenInvalidSignatureException && !TokenAlgorithms.BySecret.Contains(algorithm) && !HasKey(known, keyName))
        {
            var fresh = mayFetch ? await _provider.GetFreshConfigurationAsync(known, cancellationToken, isForStranger: what is Logout or Access) : known;
            if (fresh != known) { result = await CheckWithAsync(fresh, what, token, algorithm, parameters); }
            else if (what == Logout) { return WithoutKeys(); }
        }

        return result.IsValid ? result : Invalid(what, Explain(result.Exception, algorithm));
    }

    private static bool HasKey(OpenIdConnectConfiguration provider, string? name) =>
        name is not null && provider.JsonWebKeySet?.Keys.Any(key => key.Kid == name) == true;

    private static TokenValidationResult WithoutKeys() => new()
    {
        IsValid = false, Exception = new TokenRefusedException("The logout token names a key that is not known, or none, and it is too early to look for it.")
        {
            IsForWantOfKeys = true,
        },
    };

    private static TokenValidationResult Invalid(string what, string objection) =>
        new() { IsValid = false, Exception = new TokenRefusedException($"The {what} {objection}.") };

    /// <summary>The library's messages quote the token.</summary>
    private static string Explain(Exception? error, string algorithm) => error switch
    {
        SecurityTokenSignatureKeyNotFoundException when !TokenAlgorithms.BySecret.Contains(algorithm) =>
            "is not signed with a key and an algorithm that the provider announces",
        SecurityTokenInvalidSignatureException => "has a wrong signature",
        SecurityTokenInvalidAudienceException => "is for another audience",
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenNoExpirationException =>
            "has expired, is not valid yet, or does not say",
        _ => $"is not valid ({error?.GetType().Name})",
    };

    private Task<TokenValidationResult> CheckWithAsync(
        OpenIdConnectConfiguration provider, string what, string token, string algorithm, TokenValidationParameters given) =>
        base.ValidateTokenAsync(token, new TokenValidationParameters
        {
            NameClaimType = given.NameClaimType,
            RoleClaimType = given.RoleClaimType,
            // compared afterwards: the library looks at the issuer of a token whose signature has failed, too, and then says no more than that
            IssuerValidator = (issuer, _, _) => issuer,
            ValidateIssuer = what != UserInfo,
            ValidAudience = _registration.Options.ClientId,
            ValidateAudience = what is not (UserInfo or Access),
            IssuerSigningKeyResolver = (_, read, _, _) => KeysFor(algorithm, (JsonWebToken)read, provider, what),
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [algorithm],
            CryptoProviderFactory = algorithm == TokenAlgorithms.EdDsa ? Ed25519Signatures.Factory : null,
            RequireSignedTokens = true,
            RequireExpirationTime = what != UserInfo,
            LifetimeValidator = (notBefore, expires, _, _) => IsAlive(notBefore, expires, mustExpire: what != UserInfo),
        });

    /// <summary>
    /// The provider's keys that are meant for signatures with this algorithm, and strong enough: the one the token names, or all when it names none of them. Our
    /// secret is for the algorithms that take one, and never beside a key.
    /// </summary>
    private IEnumerable<SecurityKey> KeysFor(string algorithm, JsonWebToken token, OpenIdConnectConfiguration provider, string what)
    {
        if (TokenAlgorithms.BySecret.Contains(algorithm)) { return SecretFor(algorithm, token.Kid); }
        var announced = what != UserInfo || provider.UserInfoEndpointSigningAlgValuesSupported.Count == 0
            ? provider.IdTokenSigningAlgValuesSupported : provider.UserInfoEndpointSigningAlgValuesSupported;
        var isAnnounced = what == Access || (announced.Count == 0 ? algorithm == TokenAlgorithms.Default : announced.Contains(algorithm));
        var keys = (provider.JsonWebKeySet?.Keys ?? []).Where(key =>
            IsSignatureKey(key) && (string.IsNullOrEmpty(key.Alg) ? isAnnounced : key.Alg == algorithm) && Fits(key, algorithm)
            && IsOfIssuer(key, token)).ToList();
        return keys.Exists(key => key.Kid == token.Kid) ? keys.Where(key => key.Kid == token.Kid) : keys;
    }

    /// <param name="algorithm">Decides how long it must be.</param>
    /// <param name="kid">Whatever the token calls it: there is but one.</param>
    private SymmetricSecurityKey[] SecretFor(string algorithm, string? kid)
    {
        var secret = Encoding.UTF8.GetBytes(_registration.Options.Secret);
        return secret.Length < TokenAlgorithms.SecretBytes(algorithm) ? [] : [new SymmetricSecurityKey(secret) { KeyId = kid }];
    }

    /// <summary>Where many tenants share their keys, Entra ID names in a key whose it is.</summary>
    private bool IsOfIssuer(JsonWebKey key, JsonWebToken token)
    {
        if (_registration.Options.Issuers is null || !key.AdditionalData.TryGetValue("issuer", out var named) || named is not string issuer) { return true; }
        var tenant = TenantOf(token) ?? _registration.Options.Issuers.TenantOf(token.Issuer);
        return issuer.Replace(TenantIssuers.Placeholder, tenant ?? "", StringComparison.Ordinal) == token.Issuer;
    }

    private static bool IsSignatureKey(JsonWebKey key) =>
        (string.IsNullOrEmpty(key.Use) || key.Use == JsonWebKeyUseNames.Sig) && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify"));

    private static bool Fits(JsonWebKey key, string algorithm) => algorithm switch
    {
        SecurityAlgorithms.EcdsaSha256 => key.Crv == JsonWebKeyECTypes.P256,
        SecurityAlgorithms.EcdsaSha384 => key.Crv == JsonWebKeyECTypes.P384,
        SecurityAlgorithms.EcdsaSha512 => key.Crv == JsonWebKeyECTypes.P521,
        TokenAlgorithms.EdDsa => Ed25519Signatures.Fits(key),
        _ => key.Kty == JsonWebAlgorithmsKeyTypes.RSA && RsaBits(key) >= MinRsaBits,
    };

    private static int RsaBits(JsonWebKey key)
    {
        try
        {
            // Leading zeros make no key longer.
            var modulus = Base64UrlEncoder.DecodeBytes(key.N).AsSpan().TrimStart((byte)0);
            return modulus.IsEmpty ? 0 : (modulus.Length * 8) - System.Numerics.BitOperations.LeadingZeroCount((uint)modulus[0]) + 24;
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            return 0;
        }
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires, bool mustExpire)
    {
        var (now, tolerance) = (_clock.GetUtcNow().UtcDateTime, _registration.Options.ClockTolerance);
        return (expires > now - tolerance || (expires is null && !mustExpire)) && (notBefore is null || notBefore <= now + tolerance);
    }

    /// <summary>
    /// What the library does not look at: names given twice, and a header that says the token is something else or needs what we do not know (RFC 7515 sections
    /// 4 and 4.1.11).
    /// </summary>
    private static string? ObjectionToForm(string what, string token, out string algorithm)
    {
        algorithm = "";
        var parts = token.Split('.', 4);
        if (parts.Length != 3) { return "is no signed token"; }
        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(parts[0]));
            using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(parts[1]));
            if (header.RootElement.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object) { return "holds no claims"; }
            if (!IdTokenClaims.IsReadable(claims.RootElement)) { return "has half a character (a lone surrogate) in it"; }
            if (HasTwins(header.RootElement) || HasTwins(claims.RootElement)) { return "says something twice"; }
            if (header.RootElement.TryGetProperty("crit", out _) || header.RootElement.TryGetProperty("b64", out _))
            {
                return "has a header that needs an extension we do not know";
            }

            if (header.RootElement.TryGetProperty("alg", out var named)) { algorithm = named.GetString() ?? ""; }
            if (what is Logout or Access) { return null; }   // whoever asked looks at it
            return header.RootElement.TryGetProperty("typ", out var type) && !IsTypeOfIdToken(type) ? "is a token of another type" : null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or JsonException or InvalidOperationException)
        {
            return "cannot be read";
        }
    }

    private static bool HasTwins(JsonElement members)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return members.EnumerateObject().Any(member => !seen.Add(member.Name));
    }

    /// <summary>
    /// Explicitly typed tokens have a structured suffix, as <c>at+jwt</c>, <c>logout+jwt</c> (RFC 8725 section 3.11); an ID token has <c>JWT</c>, nothing, or a
    /// provider's whim.
    /// </summary>
    private static bool IsTypeOfIdToken(JsonElement type) =>
        type.ValueKind == JsonValueKind.String && !type.GetString()!.Contains('+', StringComparison.Ordinal);

    /// <summary>Null when it is of the issuer it must be of: the provider, or a tenant that is let in.</summary>
    private TokenRefusedException? OtherIssuer(JsonWebToken token, OpenIdConnectConfiguration provider)
    {
        if (_registration.Options.Issuers is not { } issuers)
        {
            return token.Issuer == provider.Issuer ? null : new("The ID token is of another issuer.") { IsOfAnotherIssuer = true };
        }

        if (TenantOf(token) is not { } tenant) { return new("The ID token has no tid."); }
        if (issuers.IssuerOf(tenant) is not { } expected)
        {
            return new($"The ID token is of a tenant that is not in {_registration.Section}:Tenants.") { IsOfAnotherIssuer = true };
        }

        return token.Issuer == expected ? null : new("The ID token is of another issuer than its tid.") { IsOfAnotherIssuer = true };
    }

    private static string? TenantOf(JsonWebToken token) => token.TryGetClaim(TenantIssuers.Claim, out var tenant) ? tenant.Value : null;

    private string? Objection(JsonWebToken token)
    {
        var options = _registration.Options;
        if (string.IsNullOrEmpty(token.Subject)) { return "has no sub"; }
        if (IssuedAt(token) is not { } issued) { return "has no iat"; }
        if (issued > (_clock.GetUtcNow() + options.ClockTolerance).ToUnixTimeSeconds()) { return "has an iat in the future"; }
        var others = token.Audiences.Where(audience => audience != options.ClientId).ToList();
        if (others.Exists(audience => !options.TrustedAudiences.Contains(audience, StringComparer.Ordinal)))
        {
            return "is also for an audience we do not trust";
        }

        if (others.Count > 0 && string.IsNullOrEmpty(token.Azp)) { return "is for other audiences, too, and has no azp"; }
        return token.Azp is { Length: > 0 } authorized && authorized != options.ClientId ? "has another client as its azp" : null;
    }

    /// <summary>Seconds (RFC 7519 section 2, NumericDate); a provider that writes them as text is understood.</summary>
    private static double? IssuedAt(JsonWebToken token) =>
        token.TryGetClaim(JwtRegisteredClaimNames.Iat, out var iat)
            && double.TryParse(iat.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : null;

    private string? IssuedLongAgo(JsonWebToken token) =>
        IssuedAt(token) >= (_clock.GetUtcNow() - _registration.Options.ClockTolerance - KeyFetchLimit).ToUnixTimeSeconds()
            ? null
            : "has an iat that lies too far back";

    /// <summary>OpenID Connect Core 1.0 section 3.1.3.8: the left half of the access token's hash, by the hash of the signature's algorithm.</summary>
    private static string? HashOfAnother(JsonWebToken token, string accessToken)
    {
        if (!token.TryGetClaim(JwtRegisteredClaimNames.AtHash, out var expected)) { return null; }
        var bytes = Encoding.ASCII.GetBytes(accessToken);
        var hash = token.Alg[^3..] switch { "384" => SHA384.HashData(bytes), "512" or "DSA" => SHA512.HashData(bytes), _ => SHA256.HashData(bytes) };
        return expected.Value == Base64UrlEncoder.Encode(hash[..(hash.Length / 2)]) ? null : "has the at_hash of another access token";
    }
}

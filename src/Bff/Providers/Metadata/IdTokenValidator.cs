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
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>What a provider signs with that announces nothing (OpenID Connect Discovery 1.0 section 3, Registration 1.0 section 2).</summary>
    private const string DefaultAlgorithm = SecurityAlgorithms.RsaSha256;

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

    /// <summary>An ID token may be signed with this algorithm.</summary>
    public static bool Accepts(string algorithm) => Algorithms.Contains(algorithm);

    /// <summary>At sign-in. Validates with our rules; those of <paramref name="validationParameters"/> that name claim types are kept.</summary>
    /// <remarks>Nonce and <c>at_hash</c> are compared by the framework's protocol validator, which sees the whole answer.</remarks>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        using var limit = new CancellationTokenSource(KeyFetchLimit, _clock);
        return await ValidateAsync(token, validationParameters, claims => IssuedLongAgo(claims), limit.Token);
    }

    /// <summary>At renewal.</summary>
    /// <param name="token">The ID token.</param>
    /// <param name="accessToken">That came with it.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
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
        if (ObjectionToForm(token) is { } malformed) { return Invalid(malformed); }
        var known = await _provider.GetConfigurationAsync(cancellationToken);
        var result = await ValidateWithAsync(known, token, new TokenValidationParameters());
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException)
        {
            result = await ValidateWithAsync(await _provider.GetFreshConfigurationAsync(known, cancellationToken), token, new TokenValidationParameters());
        }

        if (!result.IsValid) { return result; }
        var read = (JsonWebToken)result.SecurityToken;
        if (read.Issuer != known.Issuer) { return new() { Exception = new SecurityTokenInvalidIssuerException("The response is of another issuer.") }; }
        return read.Audiences.All(audience => audience == _registration.Options.ClientId) ? result : Invalid("The response is also for somebody else.");
    }

    private async Task<TokenValidationResult> ValidateAsync(
        string token, TokenValidationParameters parameters, Func<JsonWebToken, string?> more, CancellationToken cancellationToken)
    {
        if (ObjectionToForm(token) is { } malformed) { return Invalid(malformed); }
        var known = await _provider.GetConfigurationAsync(cancellationToken);
        var result = await ValidateWithAsync(known, token, parameters);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException)
        {
            result = await ValidateWithAsync(await _provider.GetFreshConfigurationAsync(known, cancellationToken), token, parameters);
        }

        if (!result.IsValid) { return result; }
        var read = (JsonWebToken)result.SecurityToken;
        if (read.Issuer != known.Issuer) { return new() { Exception = new SecurityTokenInvalidIssuerException("The ID token is of another issuer.") }; }
        return (Objection(read) ?? more(read)) is { } objection ? Invalid(objection) : result;
    }

    private static TokenValidationResult Invalid(string objection) => new() { IsValid = false, Exception = new SecurityTokenValidationException(objection) };

    private Task<TokenValidationResult> ValidateWithAsync(OpenIdConnectConfiguration provider, string token, TokenValidationParameters given) =>
        base.ValidateTokenAsync(token, new TokenValidationParameters
        {
            NameClaimType = given.NameClaimType,
            RoleClaimType = given.RoleClaimType,
            // compared afterwards: the library looks at the issuer of a token whose signature has failed, too, and then says no more than that
            IssuerValidator = (issuer, _, _) => issuer,
            ValidAudience = _registration.Options.ClientId,
            IssuerSigningKeyResolver = (_, read, _, _) => KeysFor(((JsonWebToken)read).Alg, ((JsonWebToken)read).Kid, provider),
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsAlive,
        });

    /// <summary>
    /// The provider's keys that are meant for signatures with this algorithm, and strong enough: the one the token names, or all when it names none of them.
    /// </summary>
    private static IEnumerable<SecurityKey> KeysFor(string algorithm, string? kid, OpenIdConnectConfiguration provider)
    {
        var announced = provider.IdTokenSigningAlgValuesSupported;
        var isAnnounced = announced.Count == 0 ? algorithm == DefaultAlgorithm : announced.Contains(algorithm);
        var keys = (provider.JsonWebKeySet?.Keys ?? []).Where(
            key => IsSignatureKey(key) && (string.IsNullOrEmpty(key.Alg) ? isAnnounced : key.Alg == algorithm) && Fits(key, algorithm)).ToList();
        return keys.Exists(key => key.Kid == kid) ? keys.Where(key => key.Kid == kid) : keys;
    }

    private static bool IsSignatureKey(JsonWebKey key) =>
        (string.IsNullOrEmpty(key.Use) || key.Use == JsonWebKeyUseNames.Sig) && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify"));

    private static bool Fits(JsonWebKey key, string algorithm) => algorithm switch
    {
        SecurityAlgorithms.EcdsaSha256 => key.Crv == JsonWebKeyECTypes.P256,
        SecurityAlgorithms.EcdsaSha384 => key.Crv == JsonWebKeyECTypes.P384,
        SecurityAlgorithms.EcdsaSha512 => key.Crv == JsonWebKeyECTypes.P521,
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

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var (now, tolerance) = (_clock.GetUtcNow().UtcDateTime, _registration.Options.ClockTolerance);
        return expires > now - tolerance && (notBefore is null || notBefore <= now + tolerance);
    }

    /// <summary>
    /// What the library does not look at: names given twice, and a header that says the token is something else or needs what we do not know (RFC 7515 sections
    /// 4 and 4.1.11).
    /// </summary>
    private static string? ObjectionToForm(string token)
    {
        var parts = token.Split('.', 4);
        if (parts.Length != 3) { return "The ID token is no signed token."; }
        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(parts[0]));
            using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(parts[1]));
            if (header.RootElement.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "The ID token holds no claims.";
            }
            if (HasTwins(header.RootElement) || HasTwins(claims.RootElement)) { return "The ID token says something twice."; }
            if (header.RootElement.TryGetProperty("crit", out _) || header.RootElement.TryGetProperty("b64", out _))
            {
                return "The ID token's header needs an extension we do not know.";
            }
            return header.RootElement.TryGetProperty("typ", out var type) && !IsTypeOfIdToken(type) ? "The ID token is a token of another type." : null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or JsonException or InvalidOperationException)
        {
            return "The ID token cannot be read.";
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

    private string? Objection(JsonWebToken token)
    {
        if (string.IsNullOrEmpty(token.Subject)) { return "The ID token has no sub."; }
        if (IssuedAt(token) is not { } issued) { return "The ID token has no iat."; }
        if (issued > (_clock.GetUtcNow() + _registration.Options.ClockTolerance).ToUnixTimeSeconds()) { return "The ID token's iat lies in the future."; }
        if (token.Audiences.Any(audience => audience != _registration.Options.ClientId)) { return "The ID token is also for an audience we do not trust."; }
        if (token.Azp is { Length: > 0 } authorized && authorized != _registration.Options.ClientId) { return "The ID token's azp is another client."; }
        return null;
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
            : "The ID token's iat lies too far back.";

    /// <summary>OpenID Connect Core 1.0 section 3.1.3.8: the left half of the access token's hash, by the hash of the signature's algorithm.</summary>
    private static string? HashOfAnother(JsonWebToken token, string accessToken)
    {
        if (!token.TryGetClaim(JwtRegisteredClaimNames.AtHash, out var expected)) { return null; }
        var bytes = Encoding.ASCII.GetBytes(accessToken);
        var hash = token.Alg[^3..] switch { "384" => SHA384.HashData(bytes), "512" => SHA512.HashData(bytes), _ => SHA256.HashData(bytes) };
        return expected.Value == Base64UrlEncoder.Encode(hash[..(hash.Length / 2)]) ? null : "The ID token's at_hash is of another access token.";
    }
}

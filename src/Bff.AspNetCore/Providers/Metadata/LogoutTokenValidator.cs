namespace Bff.Providers.Metadata;

/// <summary>
/// Validates a logout token of one provider by OpenID Connect Back-Channel Logout 1.0 section 2.6. What costs nothing comes first: anybody may send one.
/// </summary>
internal sealed class LogoutTokenValidator(ClientRegistration registration, ProviderMetadata metadata, IdTokenValidator idTokens, TimeProvider clock)
{
    /// <summary>
    /// How long one counts after it was issued, whatever its <c>exp</c> says: what section 4 recommends for that. A provider that says longer is not refused;
    /// its logouts come within seconds.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    private OidcOptions Options => registration.Options;

    /// <summary>The token names this issuer of ours; whether the provider calls itself exactly so is checked with the signature.</summary>
    public bool IsIssuer(string issuer) => Options.Issuers?.IsIssuer(issuer) ?? issuer.TrimEnd('/') == Options.Authority.TrimEnd('/');

    public bool CanOpen => !string.IsNullOrEmpty(Options.IdTokenDecryptionKey);

    /// <summary>What was encrypted; null when our key does not open it, or there is none.</summary>
    public string? Open(string token)
    {
        if (string.IsNullOrEmpty(Options.IdTokenDecryptionKey)) { return null; }
        using var key = DecryptionKey.Read(Options.IdTokenDecryptionKey);
        try
        {
            return TokenDecryption.Decrypt(token, key);
        }
        catch (TokenRefusedException)
        {
            return null;
        }
    }

    /// <param name="token">What came, or was within it.</param>
    /// <param name="wasEncrypted">Whether it was within.</param>
    /// <param name="mayFetch">Whether the provider's keys may be fetched for it.</param>
    /// <param name="cancellationToken">Ends the wait for keys that have to be fetched.</param>
    /// <returns>Null when it is to be believed; <see cref="LogoutRefusal.Keys"/> when nobody can say now.</returns>
    /// <exception cref="ProviderUnavailableException">The provider's keys cannot be had now.</exception>
    public async Task<LogoutRefusal?> ValidateAsync(LogoutToken token, bool wasEncrypted, bool mayFetch, CancellationToken cancellationToken) =>
        ObjectionToHeader(token, wasEncrypted) ?? ObjectionToParties(token) ?? ObjectionToTimes(token) ?? ObjectionToClaims(token)
        ?? await ObjectionToSignatureAsync(token, mayFetch, cancellationToken);

    /// <summary>From when on it is refused anyway.</summary>
    public DateTimeOffset EndOf(LogoutToken token) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(Math.Min(token.ExpiresAt!.Value, token.IssuedAt!.Value + MaxAge.TotalSeconds)) + Options.ClockTolerance;

    /// <summary>When it was issued, by the provider's clock.</summary>
    public static DateTimeOffset IssuedAt(LogoutToken token) => DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(token.IssuedAt!.Value);

    /// <summary>When that was by our clocks, at the latest.</summary>
    public DateTimeOffset IssuedBy(LogoutToken token) => IssuedAt(token) + Options.ClockTolerance;

    /// <summary>Whose user it is, at a provider of many tenants; null at any other.</summary>
    public string? TenantOf(LogoutToken token) => Options.Issuers?.TenantOf(token.Issuer!);

    private LogoutRefusal? ObjectionToHeader(LogoutToken token, bool wasEncrypted)
    {
        // OpenID Connect Core 1.0 section 3.1.3.7, rule 1, which holds for logout tokens, too.
        if (!wasEncrypted && CanOpen)
        {
            return new(LogoutRefusal.Encryption, $"The logout token is not encrypted, though {registration.Section}:IdTokenDecryptionKey is set.");
        }

        if (token.HasExtension) { return new(LogoutRefusal.Extension, "The logout token has a header that needs an extension we do not know."); }
        if (!token.HasFittingType) { return new(LogoutRefusal.Type, "The logout token is a token of another type."); }
        if (!token.HasFittingKeyName) { return new(LogoutRefusal.KeyName, "The logout token has a kid that names no key."); }
        return Options.EffectiveSigningAlgorithms.Contains(token.Algorithm, StringComparer.Ordinal)
            ? null : new(LogoutRefusal.Algorithm, "The logout token is signed with an algorithm that is not accepted.");
    }

    private LogoutRefusal? ObjectionToParties(LogoutToken token)
    {
        var tenant = token.Issuer is null || !IsIssuer(token.Issuer) ? null : TenantOf(token) ?? "";
        if (tenant is null) { return new(LogoutRefusal.Issuer, "The logout token is of another issuer."); }
        if (tenant.Length > 0 && token.Has(TenantIssuers.Claim) && token.Tenant != tenant)
        {
            return new(LogoutRefusal.Issuer, "The logout token is of another issuer than its tid.");
        }

        if (!token.Audiences.Contains(Options.ClientId, StringComparer.Ordinal))
        {
            return new(LogoutRefusal.Audience, "The logout token is for another audience.");
        }

        if (token.Audiences.Any(audience => audience != Options.ClientId && !Options.TrustedAudiences.Contains(audience, StringComparer.Ordinal)))
        {
            return new(LogoutRefusal.Audience, "The logout token is also for an audience we do not trust.");
        }

        return token.Has("azp") && token.AuthorizedParty != Options.ClientId
            ? new(LogoutRefusal.Party, "The logout token has another client as its azp.") : null;
    }

    private LogoutRefusal? ObjectionToTimes(LogoutToken token)
    {
        var (now, tolerance) = (clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000d, Options.ClockTolerance.TotalSeconds);
        if (token.IssuedAt is not { } issued) { return new(LogoutRefusal.IssuedAt, "The logout token has no iat."); }
        if (issued > now + tolerance) { return new(LogoutRefusal.IssuedAt, "The logout token has an iat in the future."); }
        if (issued + MaxAge.TotalSeconds + tolerance <= now) { return new(LogoutRefusal.IssuedAt, "The logout token has an iat that lies too far back."); }
        if (token.ExpiresAt is not { } expires) { return new(LogoutRefusal.Expiry, "The logout token has no exp."); }
        return expires + tolerance <= now || expires <= issued ? new(LogoutRefusal.Expiry, "The logout token has expired.") : null;
    }

    private static LogoutRefusal? ObjectionToClaims(LogoutToken token)
    {
        if (token.Id is null) { return new(LogoutRefusal.Id, "The logout token has no jti."); }
        if (!token.HasEvent) { return new(LogoutRefusal.Event, "The logout token has no events, or not that of a logout."); }
        if (token.Has("nonce")) { return new(LogoutRefusal.Nonce, "The logout token has a nonce."); }
        if (token.Has("sub") && token.Subject is null) { return new(LogoutRefusal.User, "The logout token has a sub that names nobody."); }
        if (token.Has("sid") && token.Sid is null) { return new(LogoutRefusal.Session, "The logout token has a sid that names no session."); }
        return token.Subject is null && token.Sid is null ? new(LogoutRefusal.User, "The logout token has neither sub nor sid.") : null;
    }

    private async Task<LogoutRefusal?> ObjectionToSignatureAsync(LogoutToken token, bool mayFetch, CancellationToken cancellationToken)
    {
        var result = await idTokens.ValidateLogoutTokenAsync(token, mayFetch, cancellationToken);
        if (!result.IsValid)
        {
            var refused = (TokenRefusedException)result.Exception;
            return new(refused.IsForWantOfKeys ? LogoutRefusal.Keys : LogoutRefusal.Signature, refused.Message);
        }

        var issuer = (await metadata.GetConfigurationAsync(cancellationToken)).Issuer;
        return Options.Issuers is not null || token.Issuer == issuer ? null : new(LogoutRefusal.Issuer, "The logout token is of another issuer.");
    }
}

using System.Globalization;
using System.Text.Json.Serialization;
using Bff.Providers.DPoP;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers;

/// <summary>The tokens of one session at one moment. Immutable; a renewal makes the next one.</summary>
/// <param name="AccessToken">Sent to APIs.</param>
/// <param name="RefreshToken">Traded for the next set; null when the provider gives none.</param>
/// <param name="IdToken">The latest that was verified.</param>
/// <param name="Scope">What was granted.</param>
/// <param name="ObtainedAt">When the request for them was sent.</param>
/// <param name="ExpiresAt">When the access token expires.</param>
/// <param name="RefreshTokenExpiresAt">When the refresh token ends; null when the provider does not say.</param>
/// <param name="Acr">
/// How the user signed in, in the provider's word (OpenID Connect Core 1.0 section 2); empty when it said none. Renewals leave it. Null in a set of before it was
/// kept.
/// </param>
/// <param name="ProofKey">The <see cref="DPoP.ProofKey.Text"/> of the key they are bound to (RFC 9449); null for bearer tokens.</param>
/// <param name="IsBearer">The key is the refresh token's alone, if there is one (RFC 9449 section 5).</param>
internal sealed record TokenSet(
    string AccessToken,
    string? RefreshToken,
    string? IdToken,
    string? Scope,
    DateTimeOffset ObtainedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RefreshTokenExpiresAt = null,
    string? Acr = null,
    string? ProofKey = null,
    bool IsBearer = false)
{
    private const string Bearer = "Bearer ", Bound = ProofHeaders.Proof + " ";
    private const string ProofKeyName = "proof_key";
    private const string ObtainedAtName = "obtained_at";
    private const string ExpiresAtName = "expires_at";
    private const string RefreshTokenExpiresAtName = "refresh_token_expires_at";
    private const string AcrName = "acr";

    /// <summary>The longest lifetime believed; a larger <c>expires_in</c> is cut to it.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    /// <summary>The key that proves, with each use of them, that they are ours; null for bearer tokens.</summary>
    [JsonIgnore]
    public ProofKey? Key { get; private init; } = DPoP.ProofKey.Of(ProofKey);

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProofKey => Key?.Text;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsBearer => Key is not null && !IsBound;

    /// <summary>The access token is sent with a proof.</summary>
    [JsonIgnore]
    public bool IsBound => Authorization.StartsWith(Bound, StringComparison.Ordinal);

    /// <summary>
    /// As a header has it (RFC 6750 section 2.1, RFC 9449 section 7.1): what calls need all the time, and all that is held of an access token in memory.
    /// </summary>
    [JsonIgnore]
    public string Authorization { get; private init; } = (IsBearer || string.IsNullOrEmpty(ProofKey) ? Bearer : Bound) + AccessToken;

    public string AccessToken
    {
        get => Authorization[Scheme.Length..];
        init => Authorization = Scheme + value;
    }

    /// <summary>That each call with the access token has to prove; null for a bearer token.</summary>
    [JsonIgnore]
    public ProofKey? BoundKey => IsBound ? Key : null;

    private string Scheme => IsBound ? Bound : Bearer;

    /// <summary>
    /// In a local copy, which is without refresh and ID token: whether the store has a refresh token. Null in a set that is whole; no other may be stored.
    /// </summary>
    [JsonIgnore]
    public bool? StoreHasRefreshToken { get; private init; }

    [JsonIgnore]
    public bool HasRefreshToken => StoreHasRefreshToken ?? RefreshToken is not null;

    /// <summary>Null when nothing is known. A set of before <see cref="Acr"/> was kept has the word in its ID token, if at all.</summary>
    [JsonIgnore]
    public string? SignInAcr => (Acr ?? (IdToken is null ? null : IdTokenClaims.TextOf(IdToken, AcrName))) is { Length: > 0 } acr ? acr : null;

    /// <summary>
    /// Of further APIs, beside the one that the sign-in asked for; null when there are none. A node of a version that knows none reads the rest and leaves them
    /// out of what it writes; they are got anew then.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ApiToken>? ApiTokens { get; init; }

    /// <summary>
    /// When a request for an API made it doubtful whether the grant still holds, which the renewal of the sign-in's own token is to find out, before all else; null
    /// when there is no doubt. What a refresh brings has none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DoubtedAt { get; init; }

    public TimeSpan Lifetime => ExpiresAt - ObtainedAt;

    /// <summary>What is known of this API; null for nothing.</summary>
    public ApiToken? Find(ApiTarget target)
    {
        if (ApiTokens is not { } known) { return null; }
        for (var i = 0; i < known.Count; i++)   // no enumerator: calls ask
        {
            if (known[i].Target == target) { return known[i]; }
        }

        return null;
    }

    /// <summary>With this in the place of what was known of its API.</summary>
    public TokenSet With(ApiToken token) => this with { ApiTokens = [.. (ApiTokens ?? []).Where(known => known.Target != token.Target), token] };

    /// <summary>Without those that are of no use any more.</summary>
    public TokenSet Without(Func<ApiToken, bool> isUseless) => ApiTokens is null || !ApiTokens.Any(isUseless) ? this
        : this with { ApiTokens = ApiTokens.Where(token => !isUseless(token)).ToArray() is { Length: > 0 } left ? left : null };

    /// <summary>Whether there is a refresh token that is not known to have ended.</summary>
    public bool CanRefresh(DateTimeOffset now) => HasRefreshToken && !(RefreshTokenExpiresAt <= now);

    /// <summary>As a local copy has it.</summary>
    public TokenSet ForCalls() =>
        ForCalls(Authorization, HasRefreshToken, Scope, ObtainedAt, ExpiresAt, RefreshTokenExpiresAt, proofKey: null, ApiTokens) with
        {
            Key = Key,   // opened, maybe
            Acr = Acr ?? SignInAcr,
        };

    public static TokenSet ForCalls(
        string authorization, bool hasRefreshToken, string? scope, DateTimeOffset obtainedAt, DateTimeOffset expiresAt,
        DateTimeOffset? refreshTokenExpiresAt, string? proofKey, IReadOnlyList<ApiToken>? apiTokens = null) =>
        new("", RefreshToken: null, IdToken: null, scope, obtainedAt, expiresAt, refreshTokenExpiresAt, ProofKey: proofKey)
        {
            Authorization = authorization, StoreHasRefreshToken = hasRefreshToken, ApiTokens = apiTokens,
        };

    /// <summary>What a sign-in does not bring once more is carried over from the tokens it takes the place of.</summary>
    /// <returns>The old ones, where these would be beside a refresh token of another key, which nobody could use any more.</returns>
    public TokenSet CompletedFrom(TokenSet? old)
    {
        if (RefreshToken is null && old is { RefreshToken: not null, Key: { } bound } && !bound.Equals(Key)) { return old; }
        var next = this with { Scope = Scope ?? old?.Scope };
        return RefreshToken is null && old is not null
            ? next with { RefreshToken = old.RefreshToken, RefreshTokenExpiresAt = old.RefreshTokenExpiresAt }
            : next;
    }

    /// <summary>With the refresh token of a response that is of no use otherwise, and with the key that was proven for it.</summary>
    public TokenSet Rotated(string refreshToken, DateTimeOffset? end, ProofKey? key) =>
        this with { RefreshToken = refreshToken, RefreshTokenExpiresAt = end, Key = key ?? Key };

    /// <summary>The same tokens with the key that others beside them are bound to.</summary>
    public TokenSet HeldBy(ProofKey? key) => key is null || key.Equals(Key) ? this : this with { Key = key };

    /// <summary>A record prints its members; these must never reach a log.</summary>
    public override string ToString() => $"TokenSet expiring {ExpiresAt:O}";

    /// <summary>Reads <c>expires_in</c>: seconds, as a number or as text. What is missing, malformed, or less than a second counts as not given.</summary>
    public static TimeSpan ReadLifetime(string? expiresIn, TimeSpan assumed)
    {
        if (!double.TryParse(expiresIn, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) || !(seconds >= 1)) { return assumed; }
        return seconds >= LongestLifetime.TotalSeconds ? LongestLifetime : TimeSpan.FromSeconds(seconds);
    }

    /// <summary>What providers call the refresh token's lifetime in seconds.</summary>
    public const string RefreshTokenExpiresIn = "refresh_token_expires_in", RefreshExpiresIn = "refresh_expires_in";

    /// <summary>
    /// Reads when a refresh token ends: no RFC names the field, and providers call it <c>refresh_token_expires_in</c> or <c>refresh_expires_in</c>
    /// (where Keycloak's 0 means never). What is missing or malformed counts as not given.
    /// </summary>
    public static DateTimeOffset? ReadRefreshTokenEnd(string? refreshTokenExpiresIn, string? refreshExpiresIn, DateTimeOffset obtainedAt)
    {
        var lifetime = ReadLifetime(refreshTokenExpiresIn ?? refreshExpiresIn, TimeSpan.Zero);
        return lifetime > TimeSpan.Zero && lifetime < LongestLifetime ? obtainedAt + lifetime : null;
    }

    /// <summary>Writes the framework's own token names, so <c>HttpContext.GetTokenAsync</c> works as everywhere.</summary>
    public void StoreIn(AuthenticationProperties properties)
    {
        var tokens = new List<AuthenticationToken> { new() { Name = OpenIdConnectParameterNames.AccessToken, Value = AccessToken } };
        if (RefreshToken is not null) { tokens.Add(new() { Name = OpenIdConnectParameterNames.RefreshToken, Value = RefreshToken }); }
        if (IdToken is not null) { tokens.Add(new() { Name = OpenIdConnectParameterNames.IdToken, Value = IdToken }); }
        if (Scope is not null) { tokens.Add(new() { Name = OpenIdConnectParameterNames.Scope, Value = Scope }); }
        if (Acr is not null) { tokens.Add(new() { Name = AcrName, Value = Acr }); }
        tokens.Add(new() { Name = OpenIdConnectParameterNames.TokenType, Value = Scheme.TrimEnd() });
        if (ProofKey is { } key) { tokens.Add(new() { Name = ProofKeyName, Value = key }); }
        tokens.Add(new() { Name = ExpiresAtName, Value = ExpiresAt.ToString("o", CultureInfo.InvariantCulture) });
        tokens.Add(new() { Name = ObtainedAtName, Value = ObtainedAt.ToString("o", CultureInfo.InvariantCulture) });
        if (RefreshTokenExpiresAt is { } end)
        {
            tokens.Add(new() { Name = RefreshTokenExpiresAtName, Value = end.ToString("o", CultureInfo.InvariantCulture) });
        }

        properties.StoreTokens(tokens);
    }

    /// <summary>Reads what a sign-in brings: ours, or tokens another handler stored under the framework's names.</summary>
    /// <exception cref="InvalidOperationException">The sign-in brought no access token.</exception>
    public static TokenSet ReadFrom(AuthenticationProperties properties, DateTimeOffset now, TimeSpan assumedLifetime) => new(
        properties.GetTokenValue(OpenIdConnectParameterNames.AccessToken)
            ?? throw new InvalidOperationException("A sign-in brought no access token; the provider must be used with the code flow."),
        properties.GetTokenValue(OpenIdConnectParameterNames.RefreshToken),
        properties.GetTokenValue(OpenIdConnectParameterNames.IdToken),
        properties.GetTokenValue(OpenIdConnectParameterNames.Scope),
        ReadTime(properties, ObtainedAtName) ?? now,
        ReadTime(properties, ExpiresAtName) ?? now + assumedLifetime,
        ReadTime(properties, RefreshTokenExpiresAtName),
        properties.GetTokenValue(AcrName),
        properties.GetTokenValue(ProofKeyName),
        IsBearer: !string.Equals(properties.GetTokenValue(OpenIdConnectParameterNames.TokenType), ProofHeaders.Proof, StringComparison.Ordinal));

    private static DateTimeOffset? ReadTime(AuthenticationProperties properties, string name) =>
        DateTimeOffset.TryParse(properties.GetTokenValue(name), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) ? time : null;
}

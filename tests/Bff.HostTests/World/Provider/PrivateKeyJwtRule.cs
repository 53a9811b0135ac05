using System.Collections.Concurrent;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests;

/// <summary>
/// The strictest provider of RFC 7523: one algorithm; <c>iss</c> and <c>sub</c> the client, <c>aud</c> this provider, <c>exp</c> soon, each <c>jti</c> once.
/// </summary>
internal sealed class PrivateKeyJwtRule(string publicKey, string algorithm, string? kid) : ClientRule
{
    public const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>How far ahead an assertion's <c>exp</c> may be.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(10);

    private readonly PublicTokenKey _key = new(publicKey, algorithm);
    private readonly ConcurrentDictionary<string, bool> _used = new();
    private readonly JsonWebTokenHandler _handler = new();

    public override string Method => "private_key_jwt";

    public override string? Algorithm => algorithm;

    /// <summary>The only audience taken; null for the issuer, the token endpoint (of either listener) or the address that was called.</summary>
    public string? OnlyAudience { get; set; }

    /// <summary>Assertions that were taken.</summary>
    public ConcurrentQueue<JsonWebToken> Taken { get; } = new();

    public override async Task<string?> RefuseAsync(ClientRequest request)
    {
        if (Beside(request, assertion: true) is { } beside) { return beside; }
        if (request.Form.TryGetValue("client_id", out var id) && id != request.Provider.AcceptedClientId) { return "another client_id in the body"; }
        if (request.Form.GetValueOrDefault("client_assertion_type") != AssertionType) { return "a wrong client_assertion_type, or none"; }
        var parameters = _key.Parameters();
        parameters.ValidIssuer = request.Provider.AcceptedClientId;
        parameters.ValidAudiences = OnlyAudience is { } only ? [only] : request.Provider.AssertionAudiences(request.Http);
        parameters.LifetimeValidator = (notBefore, expires, _, _) =>
            (notBefore is null || notBefore <= request.Now) && expires > request.Now && expires <= request.Now + LongestLife;
        var result = await _handler.ValidateTokenAsync(request.Form.GetValueOrDefault("client_assertion", ""), parameters);
        if (!result.IsValid) { return $"an assertion that does not hold: {result.Exception.GetType().Name}"; }
        var assertion = (JsonWebToken)result.SecurityToken;
        if (assertion.Subject != request.Provider.AcceptedClientId) { return "an assertion of another sub"; }
        if (assertion.Audiences.Count() != 1) { return "an assertion for several audiences"; }
        if (kid is not null && (!assertion.TryGetHeaderValue("kid", out string named) || named != kid)) { return "an assertion without the kid"; }
        if (string.IsNullOrEmpty(assertion.Id)) { return "an assertion without jti"; }
        if (!_used.TryAdd(assertion.Id, true)) { return "an assertion whose jti was used before"; }
        Taken.Enqueue(assertion);
        return null;
    }
}

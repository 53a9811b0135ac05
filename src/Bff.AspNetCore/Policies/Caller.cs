using System.Globalization;
using System.Security.Claims;
using Bff.Sessions;

namespace Bff.Policies;

/// <summary>What a policy asks about whoever calls: a user with a session, or somebody with a token of their own.</summary>
/// <param name="ValuesOf">The values of a claim.</param>
/// <param name="Scopes">Of the access token.</param>
/// <param name="Acr">How they signed in; null when nobody says.</param>
internal sealed record Caller(Func<string, IEnumerable<string>> ValuesOf, IReadOnlyCollection<string> Scopes, string? Acr)
{
    private const string Role = "role", AuthTime = "auth_time", AcrClaim = "acr";

    /// <summary>RFC 9068 section 2.2.3; Entra ID and Okta write <c>scp</c>.</summary>
    private static readonly string[] ScopeClaims = ["scope", "scp"];

    /// <param name="session">With tokens.</param>
    /// <param name="requestedScope">Counts when the provider did not say what it granted (RFC 6749 section 5.1).</param>
    public static Caller Of(Session session, string requestedScope) => new(
        type => session.Claims.Where(claim => claim.Type == type).Select(claim => claim.Value), Words(session.Tokens?.Scope ?? requestedScope),
        session.Tokens?.SignInAcr);

    public static Caller Of(ClaimsPrincipal user) => new(
        type => user.FindAll(type).Concat(type == Role ? user.FindAll(ClaimTypes.Role) : []).Select(claim => claim.Value),
        [.. ScopeClaims.SelectMany(user.FindAll).SelectMany(claim => Words(claim.Value))], user.FindFirst(AcrClaim)?.Value);

    /// <summary>When they signed in at the provider, as it says; null when it does not.</summary>
    public DateTimeOffset? SignedInAt =>
        long.TryParse(ValuesOf(AuthTime).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

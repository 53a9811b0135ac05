using System.Security.Claims;

namespace Bff.Sessions;

/// <summary>
/// A session's claims after a renewal brought a new ID token. What the last ID token said and the new one does not say any more is gone: that is how a provider
/// takes a role away. Claims that came from elsewhere (userinfo) stay, and so does who the user is, since a renewal's ID token is often thinner.
/// </summary>
/// <remarks>What is brought was read as at sign-in: a claim keeps its form, and nothing about the protocol is in it.</remarks>
internal static class RenewedClaims
{
    private const string Sid = "sid";

    /// <summary>The standard claims of OpenID Connect Core 1.0 section 5.1, and what describes the sign-in itself: none grants anything by staying.</summary>
    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal)
    {
        "sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email", "email_verified",
        "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at", Sid, "auth_time", "amr",
        "tid",
    };

    /// <summary>
    /// Nothing but which session at the provider it is: a silent sign-in may have found another one there, whose logout has to find this session. As they are
    /// where none is named.
    /// </summary>
    public static IReadOnlyList<SessionClaim> WithSid(IReadOnlyList<SessionClaim> claims, ClaimsIdentity brought) =>
        brought.FindFirst(Sid) is { } sid ? [.. claims.Where(claim => claim.Type != Sid), SessionClaim.Of(sid)] : claims;

    public static IReadOnlyList<SessionClaim> Of(Session session, ClaimsIdentity brought)
    {
        var now = brought.Claims.Select(SessionClaim.Of).ToList();
        var saidNow = now.Select(claim => claim.Type).ToHashSet(StringComparer.Ordinal);
        return [.. session.Claims.Where(claim => !saidNow.Contains(claim.Type) && (claim.FromUserInfo || Kept.Contains(claim.Type))), .. now];
    }
}

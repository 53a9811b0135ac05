using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>
/// What a logout leaves behind for sign-ins that were begun before it: such a one may hold a code, or tokens, of the session that is over. Whoever begins one
/// afterwards is let in, since the provider decides anew. Kept among what may be used once, by the time it is forgotten at, which says when it was made, too.
/// </summary>
internal static class LogoutMarks
{
    /// <summary>Three times what a sign-in may take; never another, since rows of before are read by it.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    private const string OfSid = "sid", OfUser = "sub", OfUserWithoutSid = "sub-without-sid";

    /// <summary>Those that a logout makes, always in the same order.</summary>
    public static IReadOnlyList<string> Of(ProviderLogout logout, string client) => logout switch
    {
        { Sid: null } => [Mark(OfUser, client, logout.Tenant, logout.Subject!)],
        { Subject: null } => [Mark(OfSid, client, logout.Tenant, logout.Sid)],
        _ => [Mark(OfSid, client, logout.Tenant, logout.Sid), Mark(OfUserWithoutSid, client, logout.Tenant, logout.Subject)],
    };

    /// <summary>Those that keep a session from beginning. A provider whose users are no tenant's makes marks without one, whatever its ID tokens say.</summary>
    public static IReadOnlyList<string> Of(Session session, string client)
    {
        var (sid, tenant) = (session.ClaimValue("sid"), session.ClaimValue(TenantIssuers.Claim));
        return [.. new[] { null, tenant }.Distinct().SelectMany<string?, string>(whose =>
        [
            sid is null ? Mark(OfUserWithoutSid, client, whose, session.Subject) : Mark(OfSid, client, whose, sid),
            Mark(OfUser, client, whose, session.Subject),
        ])];
    }

    private static string Mark(string kind, string client, string? tenant, string value) =>
        $"logout-{kind}:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{client}\n{tenant}\n{value}")));
}

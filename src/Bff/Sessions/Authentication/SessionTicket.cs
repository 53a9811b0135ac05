using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

/// <summary>A session as the framework takes it: built once for each version of it, and shared by requests, so nobody may change it.</summary>
internal static class SessionTicket
{
    private static readonly ConditionalWeakTable<Session, AuthenticationTicket> Built = [];

    public static AuthenticationTicket Of(Session session) => Built.GetValue(session, Build);

    private static AuthenticationTicket Build(Session session)
    {
        var claims = session.Claims.Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType));
        var properties = new AuthenticationProperties { IssuedUtc = session.CreatedAt, ExpiresUtc = session.EndsAt };
        session.Tokens?.StoreIn(properties);
        return new(new(new ClaimsIdentity(claims, SessionAuthentication.Scheme, "name", "role")), properties, SessionAuthentication.Scheme);
    }
}

using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

/// <summary>
/// A session as the framework takes it: made when somebody asks, which a forwarded call does not; once for each version of it, and shared by requests, so
/// nobody may change it.
/// </summary>
internal static class SessionTicket
{
    private static readonly ConditionalWeakTable<Session, AuthenticateResult> Known = [];

    public static AuthenticateResult Of(Session session) => Known.GetValue(session, ResultOf);

    private static AuthenticateResult ResultOf(Session session)
    {
        var claims = session.Claims.Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType));
        var properties = new AuthenticationProperties { IssuedUtc = session.CreatedAt, ExpiresUtc = session.EndsAt };
        session.Tokens?.StoreIn(properties);
        var user = new ClaimsPrincipal(new ClaimsIdentity(claims, SessionAuthentication.Scheme, "name", "role"));
        return AuthenticateResult.Success(new AuthenticationTicket(user, properties, SessionAuthentication.Scheme));
    }
}

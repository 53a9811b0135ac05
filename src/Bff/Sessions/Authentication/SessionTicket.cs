using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

/// <summary>What requests need of a session and takes work to make: made once for each version of it, and shared by requests, so nobody may change it.</summary>
internal sealed class SessionTicket
{
    private static readonly ConditionalWeakTable<Session, SessionTicket> Known = [];

    private AuthenticateResult? _result;   // made when somebody asks: a forwarded call does not

    private SessionTicket(Session session) => Session = session;

    public Session Session { get; }

    /// <summary>The session as the framework takes it.</summary>
    public AuthenticateResult Result => _result ??= ResultOf(Session);

    public static SessionTicket Of(Session session) => Known.GetValue(session, static session => new(session));

    private static AuthenticateResult ResultOf(Session session)
    {
        var claims = session.Claims.Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType));
        var properties = new AuthenticationProperties { IssuedUtc = session.CreatedAt, ExpiresUtc = session.EndsAt };
        session.Tokens?.StoreIn(properties);
        var user = new ClaimsPrincipal(new ClaimsIdentity(claims, SessionAuthentication.Scheme, "name", "role"));
        return AuthenticateResult.Success(new AuthenticationTicket(user, properties, SessionAuthentication.Scheme));
    }
}

using Bff.Sessions;
using Bff.Sessions.Authentication;

namespace Bff.Tests.Sessions;

public sealed class SessionTicketTests
{
    [Fact]
    public void A_session_has_one_ticket_and_a_copy_with_other_claims_has_another()
    {
        var session = new Session
        {
            Id = SessionKey.New().Id, Sid = "sid", Subject = "alice", Claims = [new("role", "admin")], Tokens = null,
            CreatedAt = default, EndsAt = default, AbsoluteEndsAt = default,
        };
        var ticket = SessionTicket.Of(session);

        SessionTicket.Of(session).ShouldBeSameAs(ticket);
        SessionTicket.Of(session with { Claims = [] }).Principal!.Claims.ShouldBeEmpty();
    }
}

using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Bff.Sessions.Authentication;

/// <summary>
/// The one session read of a forwarded call. It leaves behind what the framework's authentication does, from which authorization and everybody else read on,
/// and makes none of its handlers: the provider's has business at its own paths only, and ours would be made for a question that needs no state.
/// </summary>
internal sealed class SessionMiddleware(RequestDelegate next, SessionReader reader)
{
    public Task InvokeAsync(HttpContext context)
    {
        var read = reader.ReadAsync(context);
        if (!read.IsCompletedSuccessfully) { return WaitAsync(context, read.AsTask()); }
        Leave(context, read.Result);
        return next(context);
    }

    private async Task WaitAsync(HttpContext context, Task<Session?> read)
    {
        Leave(context, await read);
        read = null!;   // a call may last for hours, and whoever lets go of its session then does
        await next(context);
    }

    private static void Leave(HttpContext context, Session? session)
    {
        if (session is null) { return; }
        var found = new Found(session);
        context.Features.Set<IHttpAuthenticationFeature>(found);
        context.Features.Set<IAuthenticateResultFeature>(found);
    }

    /// <summary>The user and the result are about each other: who sets one has the other no longer. Both are made when somebody asks.</summary>
    private sealed class Found(Session session) : IAuthenticateResultFeature, IHttpAuthenticationFeature
    {
        private Session? _session = session;
        private AuthenticateResult? _result;
        private ClaimsPrincipal? _user;

        private AuthenticateResult? Ticket => _session is null ? null : SessionTicket.Of(_session);

        public AuthenticateResult? AuthenticateResult
        {
            get => Ticket ?? _result;
            set => (_session, _result, _user) = (null, value, value?.Principal);
        }

        public ClaimsPrincipal? User
        {
            get => Ticket?.Principal ?? _user;
            set => (_session, _result, _user) = (null, null, value);
        }
    }
}

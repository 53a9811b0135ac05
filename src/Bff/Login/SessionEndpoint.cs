using Bff.Sessions;

namespace Bff.Login;

/// <summary><c>GET /bff/session</c>: who is signed in and until when; 200 also when nobody is. Asking does not keep the session alive.</summary>
internal static class SessionEndpoint
{
    public static IResult Handle(HttpContext context, TimeProvider clock) =>
        Results.Ok(SessionView.Of(context.GetSession(), clock.GetUtcNow(), context.Request.PathBase));
}

namespace Bff.Sessions.Authentication;

internal static class SessionOfRequest
{
    /// <returns>Null when nobody is signed in.</returns>
    /// <exception cref="SessionStoreException">Whether somebody is cannot be said now. What does not ask is served all the same.</exception>
    public static Session? GetSession(this HttpContext context) =>
        context.Features.Get<SessionUnknown>() is { } unknown ? throw unknown.Reason : context.FindSession();

    /// <returns>Null also when whose the cookie is could not be read.</returns>
    public static Session? FindSession(this HttpContext context) => context.Features.Get<Session>();
}

namespace Bff.Sessions.Store;

/// <summary>A session that has just ended, as operators are told of it.</summary>
/// <param name="Id">The session.</param>
/// <param name="Reason">Why; one of <see cref="EndReasons"/>.</param>
/// <param name="FrontEnd">What the operator calls the front end it belonged to.</param>
/// <param name="Provider">What the operator calls the provider it was signed in at.</param>
internal sealed record EndedSession(SessionId Id, string Reason, string FrontEnd, string Provider)
{
    public static EndedSession Of(Session session, string reason) => new(session.Id, reason, session.FrontEnd, session.Provider);
}

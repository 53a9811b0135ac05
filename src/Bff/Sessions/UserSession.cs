namespace Bff.Sessions;

/// <summary>A session as its user sees it beside their others: nothing of it is a secret.</summary>
internal sealed record UserSession(SessionId Id, string FrontEnd, DateTimeOffset CreatedAt, DateTimeOffset EndsAt, DateTimeOffset AbsoluteEndsAt);

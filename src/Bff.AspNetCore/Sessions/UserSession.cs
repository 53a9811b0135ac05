namespace Bff.Sessions;

/// <summary>A session as its user sees it beside their others: nothing of it is a secret.</summary>
internal sealed record UserSession(SessionId Id, string FrontEnd, DateTimeOffset CreatedAt, DateTimeOffset EndsAt, DateTimeOffset AbsoluteEndsAt)
{
    /// <summary>Sessions of one subject that are looked through for those of its user, who is one of several at a provider of many tenants.</summary>
    public const int MaxOfSubject = 1000;
}

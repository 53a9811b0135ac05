namespace Bff.Sessions.Store;

/// <summary>What is enough to see whether a session has changed since it was read. Whatever changes one for its user changes some of this.</summary>
internal sealed record SessionGlance(SessionId Id, long Version, int Failures, DateTimeOffset EndsAt)
{
    /// <summary>Sessions looked at by one operation of the store.</summary>
    public const int MaxAtOnce = 500;
}

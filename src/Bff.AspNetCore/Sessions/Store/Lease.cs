namespace Bff.Sessions.Store;

/// <summary>A session somebody may renew: nobody else will until the lease runs out.</summary>
/// <param name="Session">The session as it was when claimed.</param>
/// <param name="Owner">The instance of the node that claimed it (<see cref="Node.Instance"/>), a slash, and what is unique to this claim; every write of the
/// renewal carries it.</param>
/// <param name="Until">When others may take over.</param>
internal sealed record Lease(Session Session, string Owner, DateTimeOffset Until)
{
    /// <summary>When the node that claimed it had last been heard of, as a timestamp of its clock.</summary>
    public long HeardAt { get; init; }
}

namespace Bff.Sessions.Store;

/// <summary>A session somebody may renew: nobody else will until the lease runs out.</summary>
/// <param name="Session">The session as it was when claimed.</param>
/// <param name="Owner">Unique to this claim; every write of the renewal carries it.</param>
/// <param name="Until">When others may take over.</param>
internal sealed record Lease(Session Session, string Owner, DateTimeOffset Until);

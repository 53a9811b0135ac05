namespace Bff.Sessions.Store;

/// <summary>One of the processes that share a store.</summary>
/// <param name="Name">Its machine, and the port operators use.</param>
/// <param name="Instance">Of this start of the process and no other; begins the owner of each of its leases. Null for a version of Bff that had none.</param>
/// <param name="Version">Of Bff.</param>
/// <param name="Url">Its ops page; null where that cannot be reached from elsewhere.</param>
/// <param name="StartedAt">When the process started.</param>
/// <param name="SeenAt">When it last said that it lives, by its own clock: another value than before is a sign of life, which one tells nothing.</param>
/// <param name="Ready">Whether it was ready then.</param>
internal sealed record Node(
    string Name, string? Instance, string Version, string? Url, DateTimeOffset StartedAt, DateTimeOffset SeenAt, bool Ready)
{
    /// <summary>How many sessions it has renewed since its start; 0 also for a version of Bff that does not say it.</summary>
    public long Renewals { get; init; }
}

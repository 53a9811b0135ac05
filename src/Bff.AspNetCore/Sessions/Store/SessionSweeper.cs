using Bff.Hosting;
using Bff.Sessions.Keys;

namespace Bff.Sessions.Store;

/// <summary>
/// Deletes sessions past their idle or absolute end. They stopped working at that moment; this only frees the space. And ends those that a node sealed with a
/// revoked key before it knew: whoever has the key can read their tokens.
/// </summary>
internal sealed partial class SessionSweeper(ISessionStore store, LiveKeys keys, SessionChanges changes, TimeProvider clock, ILogger<SessionSweeper> logger)
    : PeriodicService(Interval, clock, logger, runsAtStart: true)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var key in keys.RevokedLately)
        {
            if (await store.RemoveSealedWithAsync(key, EndReasons.EndedByAdmin, cancellationToken) is { Count: > 0 and var late }) { SealedLate(late, key); }
        }

        var ended = await store.RemoveEndedAsync(Clock.GetUtcNow(), cancellationToken);
        if (ended.Count == 0) { return; }
        Swept(ended.Count);
        foreach (var (reason, sessions) in ended.CountBy(session => session.Reason)) { changes.PublishSwept(reason, sessions); }
    }

    [LoggerMessage(LogLevel.Information, "{Count} sessions ended: idle or absolute timeout.")]
    private partial void Swept(int count);

    [LoggerMessage(LogLevel.Information, "{Count} sessions ended that were sealed with the revoked key {Key}.")]
    private partial void SealedLate(int count, Guid key);
}

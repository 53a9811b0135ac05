using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

/// <summary>A storage of one kind, prepared and empty, and what a test has to do to it by hand.</summary>
internal abstract class StorageUnderTest : IAsyncDisposable
{
    /// <summary>The store as a node of these clients sees it.</summary>
    public abstract IFullSessionStore OpenStore(
        TokenProtector protector, SessionChanges changes, SessionClients clients, TimeProvider clock, int maxRememberedEnds = 1_000_000);

    /// <summary>A session whose renewals have failed since then, as an older node leaves it: its other fields stay.</summary>
    public abstract Task LeaveFailureAsync(Session session, DateTimeOffset since);

    public abstract ValueTask DisposeAsync();
}

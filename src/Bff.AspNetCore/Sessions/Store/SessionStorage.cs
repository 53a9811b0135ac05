using System.Data.Common;
using System.Net.Sockets;
using Bff.Sessions.Keys;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>One kind of database that keeps sessions, and all that anybody outside its folder needs of it.</summary>
internal abstract class SessionStorage : IAsyncDisposable
{
    /// <summary>For what nobody's request waits for.</summary>
    public static readonly TimeSpan SlowLimit = TimeSpan.FromSeconds(30);

    private const int DiskFull = 28;   // ENOSPC

    /// <summary>Told of each migration that <see cref="Prepare"/> did.</summary>
    public Action<SchemaMigration>? Migrated { get; set; }

    /// <summary>Told that what is stored was replaced by something that <see cref="Prepare"/> has not seen yet.</summary>
    public Action<SessionStoreException>? Unprepared { get; set; }

    /// <summary>What <see cref="Prepare"/> would migrate, without doing it; null for nothing.</summary>
    /// <exception cref="IOException">The store as configured can never be used; the message names the setting.</exception>
    /// <exception cref="SessionStoreException">It cannot be used now.</exception>
    public abstract SchemaMigration? FindMigration();

    /// <summary>Creates what is missing, and brings an older store up to date. Called at the start, and again when the store was away then.</summary>
    /// <exception cref="IOException">The store as configured can never be used; the message names the setting.</exception>
    /// <exception cref="SessionStoreException">It cannot be used now.</exception>
    public abstract void Prepare();

    public abstract IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock);

    /// <summary>Where the Data Protection keys are: beside the sessions, since they open the tokens and are worth as much.</summary>
    public abstract IXmlRepository OpenKeyRing(ILoggerFactory loggers);

    /// <summary>
    /// Carries changes to and from the other nodes that share the store, for as long as this node runs; there are none where nothing else is said.
    /// </summary>
    public virtual Task CarryChangesAsync(SessionChanges changes, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <summary>Where it is, on this machine; null for a server, which has the keys beside the sessions in one database.</summary>
    public virtual StoreFiles? Files => null;

    /// <summary>What copies a server; null where there are <see cref="Files"/>.</summary>
    public virtual ServerTools? Tools => null;

    /// <summary>Whether several nodes can share it.</summary>
    public virtual bool IsShared => false;

    /// <summary>Says that this node lives, and forgets those that have not said so since <paramref name="forgetBefore"/>; where it is shared.</summary>
    /// <returns>The other nodes.</returns>
    public virtual Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Node>>([]);

    /// <summary>This node goes in good order, so nobody takes it for lost.</summary>
    public virtual Task LeaveAsync(Node self, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Frees what a process before this one was renewing when it ended, where it is certain that no other process is alive: a store for one node. Called at
    /// the start, before <see cref="Prepare"/>; whatever is wrong with the store is told there.
    /// </summary>
    public virtual void FreeLeasesOfBefore(DateTimeOffset now)
    {
    }

    /// <summary>How many connections there are for its nodes; null where they are nobody else's.</summary>
    /// <exception cref="SessionStoreException">It cannot be used now.</exception>
    public virtual Task<ConnectionBudget?> CountConnectionsAsync(CancellationToken cancellationToken) => Task.FromResult<ConnectionBudget?>(null);

    /// <summary>What lets whoever is between this machine and the store read along; null where nobody can be.</summary>
    public virtual string? WeakTls => null;

    /// <summary>What to do about <see cref="WeakTls"/>.</summary>
    public virtual string TlsAdvice => "";

    /// <summary>What <see cref="Prepare"/> has found that operators should know of a store that works.</summary>
    public virtual IReadOnlyList<StoreRemark> Remarks => [];

    /// <summary>Gives up waiting for what takes too long, where the driver may not.</summary>
    public virtual Task<T> WithinAsync<T>(Task<T> work, TimeSpan limit, TimeProvider clock) => work;

    /// <summary>The connections that wait for their next use are likely dead, or remember pages that were damaged.</summary>
    public abstract void ForgetConnections();

    /// <summary>What an exception of the driver means.</summary>
    /// <returns>Null when it is not the store's fault.</returns>
    public virtual SessionStoreException? FailureOf(Exception error) => error switch
    {
        SessionStoreException known => known,
        TimeoutException late => new(late.Message, late) { IsUnanswered = true },
        SocketException lost => new(lost.Message, lost) { IsUnanswered = true, IsConnection = true },
        DbException or IOException or UnauthorizedAccessException => new(error.GetBaseException().Message, error),
        _ => null,
    };

    /// <summary>At the start: it may be otherwise in a moment, without anybody changing the configuration.</summary>
    public virtual bool MayPass(Exception error) => error is DbException or TimeoutException or SocketException or IOException { HResult: DiskFull };

    protected Exception Unusable(string store, Exception error)
    {
        var message = $"Bff:Sessions:ConnectionString: the session store {store} cannot be used: {error.Message}";
        return MayPass(error) ? new SessionStoreException(message, error) { IsUnanswered = true } : new IOException(message, error);
    }

    public abstract ValueTask DisposeAsync();
}

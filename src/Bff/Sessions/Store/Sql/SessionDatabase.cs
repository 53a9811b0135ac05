using System.Data.Common;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions.Store.Sql;

/// <summary>What the SQL store needs to know about one kind of database.</summary>
internal abstract class SessionDatabase : IAsyncDisposable
{
    /// <summary>For what nobody's request waits for.</summary>
    public static readonly TimeSpan SlowLimit = TimeSpan.FromSeconds(30);

    public abstract DbDataSource DataSource { get; }

    /// <summary>Added where due rows are picked: a database with row locks then passes over those another node is just taking.</summary>
    public virtual string SkipLocked => "";

    /// <summary>
    /// The statements that delete sessions and keep of them what <paramref name="keeps"/> say; run in a transaction, nothing comes between the two.
    /// </summary>
    /// <param name="where">Which sessions.</param>
    /// <param name="columns">What to return of them.</param>
    /// <param name="keeps">Statements that keep something of the rows of the table they are given.</param>
    public abstract string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps);

    /// <summary>Held while writing, where a database lets one write at a time; waiting here costs nothing, waiting on its lock means sleeping and trying again.</summary>
    public virtual ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancel) => new((IDisposable?)null);

    /// <summary>Gives up waiting for what takes too long, where the driver may not.</summary>
    public virtual Task<T> WithinAsync<T>(Task<T> work, TimeSpan limit, TimeProvider clock) => work;

    /// <summary>The connections that wait for their next use are likely dead, or remember pages that were damaged.</summary>
    public abstract void ForgetConnections();

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

    /// <summary>Where the Data Protection keys are: beside the sessions, since they open the tokens and are worth as much.</summary>
    public abstract IXmlRepository OpenKeyRing(ILoggerFactory loggers);

    public virtual ValueTask DisposeAsync() => DataSource.DisposeAsync();

    protected static Exception Unusable(string store, Exception error)
    {
        var message = $"Bff:Sessions:ConnectionString: the session store {store} cannot be used: {error.Message}";
        return StoreFailure.MayPass(error) ? new SessionStoreException(message, error) { IsUnanswered = true } : new IOException(message, error);
    }
}

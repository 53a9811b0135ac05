using System.Data.Common;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions.Stores;

/// <summary>What the SQL store needs to know about one kind of database.</summary>
internal abstract class SessionDatabase : IAsyncDisposable
{
    public abstract DbDataSource DataSource { get; }

    /// <summary>Added where due rows are picked: a database with row locks then passes over those another node is just taking.</summary>
    public virtual string SkipLocked => "";

    /// <summary>The statements that delete sessions and keep of them what <paramref name="keep"/> says; run in a transaction, nothing comes between the two.</summary>
    /// <param name="where">Which sessions.</param>
    /// <param name="columns">What to return of them.</param>
    /// <param name="keep">The statement that keeps something of the rows of the table it is given.</param>
    public abstract string DeleteAndKeep(string where, string columns, Func<string, string> keep);

    /// <summary>Held while writing, where a database lets one write at a time; waiting here costs nothing, waiting on its lock means sleeping and trying again.</summary>
    public virtual ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancel) => new((IDisposable?)null);

    /// <summary>Told of each migration that <see cref="Prepare"/> did.</summary>
    public Action<SchemaMigration>? Migrated { get; set; }

    /// <summary>What <see cref="Prepare"/> would migrate, without doing it; null for nothing.</summary>
    /// <exception cref="IOException">The store cannot be used; the message names the setting.</exception>
    public abstract SchemaMigration? FindMigration();

    /// <summary>Creates what is missing, and brings an older store up to date. Called once at start, so that an unusable store stops the start and not the first sign-in.</summary>
    /// <exception cref="IOException">The store cannot be used; the message names the setting.</exception>
    public abstract void Prepare();

    /// <summary>Where the Data Protection keys are: beside the sessions, since they open the tokens and are worth as much.</summary>
    public abstract IXmlRepository OpenKeyRing(ILoggerFactory loggers);

    public virtual ValueTask DisposeAsync() => DataSource.DisposeAsync();

    protected static IOException Unusable(string store, Exception error) =>
        new($"Bff:Sessions:ConnectionString: the session store {store} cannot be used: {error.Message}", error);
}

using System.Data.Common;

namespace Bff.Sessions.Store.Sql;

/// <summary>What the SQL store needs to know about one kind of database.</summary>
internal abstract class SessionDatabase : SessionStorage
{
    public abstract DbDataSource DataSource { get; }

    /// <summary>Added where due rows are picked: a database with row locks then passes over those another node is just taking.</summary>
    public virtual string SkipLocked => "";

    /// <summary>
    /// The statement that waits for locks by name, one after the other, which the transaction then keeps to its end; null where transactions that write come
    /// one after the other anyway.
    /// </summary>
    /// <param name="parameters">Of the statement: the names.</param>
    /// <param name="isShared">Others who share them may have them, too.</param>
    public virtual string? LockByName(IEnumerable<string> parameters, bool isShared) => null;

    /// <summary>
    /// The statements that delete sessions and keep of them what <paramref name="keeps"/> say; run in a transaction, nothing comes between the two.
    /// </summary>
    /// <param name="where">Which sessions.</param>
    /// <param name="columns">What to return of them.</param>
    /// <param name="keeps">Statements that keep something of the rows of the table they are given.</param>
    public abstract string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps);

    /// <summary>
    /// Held while writing, where a database lets one write at a time; waiting here costs nothing, waiting on its lock means sleeping and trying again.
    /// </summary>
    public virtual ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancellationToken) => new((IDisposable?)null);

    /// <summary>Runs a write of one statement on a connection; alone, unless the database does several at once cheaper.</summary>
    /// <param name="write">Runs the statement. It may run twice, when what it was run with had to be taken back.</param>
    /// <param name="cancellationToken">Stops waiting for the turn.</param>
    public virtual async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken)
    {
        using var turn = await TakeTurnToWriteAsync(cancellationToken);
        await using var connection = await DataSource.OpenConnectionAsync(cancellationToken);
        return await write(connection);
    }

    public override ValueTask DisposeAsync() => DataSource.DisposeAsync();
}

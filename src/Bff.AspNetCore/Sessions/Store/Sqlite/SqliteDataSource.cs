using System.Data.Common;
using System.Runtime.CompilerServices;
using Bff.Sessions.Store.Sql;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>Opens every connection with the same settings.</summary>
internal sealed class SqliteDataSource(string connectionString, Action ensureThere, TimeSpan timeout) : DbDataSource
{
    /// <summary>
    /// WAL lets readers go on while one writes; FULL syncs each commit, because a rotated refresh token that is lost cannot be had again. Pages are at hand in
    /// the kernel, for all connections at once; what each keeps for itself is dropped with every commit of another one, so 1 MiB is enough.
    /// </summary>
    private readonly string _settings = $"PRAGMA busy_timeout = {(long)timeout.TotalMilliseconds}; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024;";

    /// <summary>Those of the pool that have them: settings stay with SQLite's own connection.</summary>
    private readonly ConditionalWeakTable<object, string> _set = [];

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override DbConnection OpenDbConnection()
    {
        ensureThere();
        var connection = CreateDbConnection();
        try
        {
            connection.Open();
            var handle = ((SqliteConnection)connection).Handle!;
            if (!_set.TryGetValue(handle, out _))
            {
                connection.Execute(_settings);
                _set.AddOrUpdate(handle, _settings);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // SQLite does its work on the calling thread; an asynchronous surface over it would only pretend.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) => new(OpenDbConnection());
}

using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Bff.Sessions.Keys;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bff.Sessions.Store.PostgreSql;

/// <summary>
/// A PostgreSQL database, shared by several nodes: makes the schema once, however many start together, and keeps the Data Protection keys in a table.
/// </summary>
internal sealed class PostgreSqlDatabase : SessionDatabase
{
    /// <summary>Statements are few and always the same, so each connection keeps them prepared.</summary>
    private const int PreparedStatements = 32;

    /// <summary>Any number that no other program uses for its advisory locks.</summary>
    private const long SchemaLock = 0x6266665F73657373;

    /// <summary>A migration of many sessions takes its time.</summary>
    private const int PrepareSeconds = 600;

    /// <summary>
    /// The class of SQLSTATE for a table that is missing or there already, and for a right the role lacks. While the store is prepared that is a database
    /// somebody has to mend, and waiting does not.
    /// </summary>
    private const string SyntaxOrAccess = "42";

    /// <summary>Apart from all others: a node that is busy must not be taken for dead because its sign of life waits for a connection.</summary>
    private const int BeatConnections = 1;

    private readonly NpgsqlDataSource _server;
    private readonly NpgsqlDataSource _beats;
    private readonly PostgreSqlNodes _nodes;
    private readonly string _toPrepare;
    private readonly TimeSpan _timeout;
    private readonly int _poolSize;
    private int _underWay;

    /// <param name="connectionString">Npgsql's.</param>
    /// <param name="timeout">How long to wait for a connection, and for an answer.</param>
    /// <exception cref="IOException">The connection string cannot be read; the message names the setting.</exception>
    public PostgreSqlDatabase(string connectionString, TimeSpan timeout)
    {
        _timeout = timeout;
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(connectionString);
            connection.Timeout = (int)Math.Ceiling(timeout.TotalSeconds);

            // Nobody waits as long (see WithinAsync). The driver's own limit holds up a thread while it asks the server, which does not answer,
            // to cancel.
            connection.CommandTimeout = (int)SlowLimit.TotalSeconds;
            connection.CancellationTimeout = -1;
            if (connection.MaxAutoPrepare == 0) { connection.MaxAutoPrepare = PreparedStatements; }
            connection.ApplicationName ??= "Bff";
            var isVerified = connection.SslMode is SslMode.VerifyFull or SslMode.VerifyCA;
            if (!isVerified && !IsThisMachine(connection.Host)) { WeakTls = $"SSL Mode is {connection.SslMode}"; }
            _server = NpgsqlDataSource.Create(connection);
            _poolSize = connection.MaxPoolSize + BeatConnections;
            (connection.MinPoolSize, connection.MaxPoolSize) = (0, BeatConnections);
            _beats = NpgsqlDataSource.Create(connection);
            _nodes = new(_beats);
            connection.CommandTimeout = PrepareSeconds;
            connection.Pooling = false;
            _toPrepare = connection.ConnectionString;
        }
        catch (ArgumentException error)
        {
            throw Unusable("(PostgreSQL)", error);
        }
    }

    public override DbDataSource DataSource => _server;

    public override ServerTools Tools { get; } = new(
        "PostgreSQL", "pg_dump --format=custom --file=FILE DATABASE", "pg_restore --single-transaction --dbname=DATABASE FILE, into an empty schema");

    public override bool IsShared => true;

    public override string? WeakTls { get; }

    public override string TlsAdvice => "Add SSL Mode=VerifyFull;Root Certificate=… to the connection string.";

    /// <summary>Why it cannot be used; null when it can.</summary>
    public static string? ProblemWith(string? connectionString) =>
        string.IsNullOrEmpty(connectionString) ? "is required for PostgreSql, such as 'Host=db;Database=bff;Username=bff'." : null;

    public override Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        _nodes.AnnounceAsync(self, forgetBefore, cancellationToken);

    public override Task LeaveAsync(Node self, CancellationToken cancellationToken) => _nodes.LeaveAsync(self, cancellationToken);

    public override async Task<ConnectionBudget?> CountConnectionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = _server.CreateCommand(
                "SELECT (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)::bigint, "
                + "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'Bff')");
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return new(_poolSize, row.GetInt64(0), row.GetInt64(1));
        }
        catch (Exception error) when (FailureOf(error) is { } away)
        {
            throw away;
        }
    }

    /// <summary>Loopback, or a Unix socket's folder.</summary>
    private static bool IsThisMachine(string? host) => host?.Split(',').All(one =>
        one.StartsWith('/') || one.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(one.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))) ?? true;

    // The driver's own limits do not count the wait for a place in the pool, and are followed by one for its wish to cancel.
    public override async Task<T> WithinAsync<T>(Task<T> work, TimeSpan limit, TimeProvider clock)
    {
        Interlocked.Increment(ref _underWay);
        _ = work.ContinueWith(
            _ => Interlocked.Decrement(ref _underWay), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await work.WaitAsync(limit, clock);
        }
        catch (TimeoutException) when (Volatile.Read(ref _underWay) <= _poolSize)
        {
            // It had a connection, and no answer on it: the others may lead to the same dead end. With more under way it may have waited for one.
            ForgetConnections();
            throw;
        }
    }

    public override void ForgetConnections()
    {
        _server.Clear();
        _beats.Clear();
    }

    public override async ValueTask DisposeAsync()
    {
        await _beats.DisposeAsync();
        await base.DisposeAsync();
    }

    public override SessionStoreException? FailureOf(Exception error) => error switch
    {
        PostgresException refused => new(refused.MessageText, refused)
        {
            IsUnanswered = IsGoing(refused), IsConnection = IsGoing(refused), IsRefusal = IsRefusal(refused),
            IsDeadlock = refused.SqlState == PostgresErrorCodes.DeadlockDetected,
            IsDamage = refused.SqlState is PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted,
        },
        NpgsqlException { InnerException: TimeoutException } late => new(late.Message, late) { IsUnanswered = true },
        NpgsqlException lost => new(lost.Message, lost) { IsUnanswered = true, IsConnection = true },
        _ => base.FailureOf(error),
    };

    /// <summary>Of the data, a constraint, a transaction or the statement (PostgreSQL, appendix A: classes 22, 23, 40 and 42).</summary>
    private static bool IsRefusal(PostgresException error) => error.SqlState is ['2', '2' or '3', ..] or ['4', '0' or '2', ..];

    /// <summary>It stops or starts (classes 57P and 08). Not 53300: a server without a place for one more connection keeps those there are.</summary>
    private static bool IsGoing(PostgresException error) =>
        error.SqlState.StartsWith("57P", StringComparison.Ordinal) || error.SqlState.StartsWith("08", StringComparison.Ordinal);

    public override Task CarryChangesAsync(SessionChanges changes, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        new PostgreSqlChanges(_server, changes, clock, loggers.CreateLogger<PostgreSqlChanges>()).CarryAsync(cancellationToken);

    public override string SkipLocked => "FOR UPDATE SKIP LOCKED";

    public override string LockByName(IEnumerable<string> parameters, bool isShared)
    {
        var wait = isShared ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
        return "SELECT " + string.Join(", ", parameters.Select(name => $"{wait}(hashtextextended(@{name}, 0))"));
    }

    // One statement: another node may renew a session between two, and its newest token would be lost.
    public override string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps)
    {
        var kept = string.Concat(keeps.Select((keep, i) => $", kept{i} AS ({keep("gone")})"));
        return $"WITH gone AS (DELETE FROM sessions WHERE {where} RETURNING *){kept} SELECT {columns} FROM gone";
    }

    public override IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock) =>
        new SqlSessionStore(this, protector, changes, clients, clock);

    public override IXmlRepository OpenKeyRing(ILoggerFactory loggers) => new SqlKeyRing(DataSource);

    public override SchemaMigration? FindMigration() => Use(connection =>
    {
        var stored = Read(connection);
        SessionSchema.EnsureUsable(stored);
        return SessionSchema.MigrationOf(stored);
    });

    public override void Prepare()
    {
        var migration = Use(connection =>
        {
            using var transaction = connection.BeginTransaction();
            connection.Execute($"SET LOCAL lock_timeout = {(long)_timeout.TotalMilliseconds}; SELECT pg_advisory_xact_lock({SchemaLock})");
            connection.Execute("CREATE TABLE IF NOT EXISTS bff_schema (version BIGINT NOT NULL, readable_from BIGINT)");
            var stored = Read(connection);
            SessionSchema.EnsureUsable(stored);
            if (stored.Version == 0) { connection.Execute($"{SqlKeyRing.Table} INSERT INTO bff_schema VALUES (0);"); }
            if (stored.Version < SessionSchema.Version) { connection.Execute(SessionSchema.Migrate(stored.Version, "BYTEA")); }
            if (stored.Version <= SessionSchema.Version && stored != new StoredSchema(SessionSchema.Version, SessionSchema.ReadableFrom))
            {
                if (!SaysReadableFrom(connection)) { connection.Execute("ALTER TABLE bff_schema ADD COLUMN readable_from BIGINT"); }
                connection.Execute($"UPDATE bff_schema SET version = {SessionSchema.Version}, readable_from = {SessionSchema.ReadableFrom}");
            }

            transaction.Commit();
            return SessionSchema.MigrationOf(stored);
        });
        if (migration is not null) { Migrated?.Invoke(migration); }
    }

    private static StoredSchema Read(NpgsqlConnection connection)
    {
        if (connection.Read("SELECT count(*) FROM pg_class WHERE oid = to_regclass('bff_schema')") == 0) { return new(0, ReadableFrom: null); }
        var readableFrom = SaysReadableFrom(connection) ? connection.Read("SELECT max(readable_from) FROM bff_schema") : 0;
        return new(connection.Read("SELECT max(version) FROM bff_schema"), readableFrom > 0 ? readableFrom : null);
    }

    /// <summary>The column came later than the table.</summary>
    private static bool SaysReadableFrom(NpgsqlConnection connection) =>
        connection.Read("SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('bff_schema') AND attname = 'readable_from'") > 0;

    private T Use<T>(Func<NpgsqlConnection, T> use)
    {
        try
        {
            using var connection = new NpgsqlConnection(_toPrepare);
            connection.Open();
            return use(connection);
        }
        catch (PostgresException refused) when (refused.SqlState.StartsWith(SyntaxOrAccess, StringComparison.Ordinal))
        {
            throw new IOException(
                $"Bff:Sessions:ConnectionString: the session store (PostgreSQL) cannot be used: {refused.MessageText} ({refused.SqlState})", refused);
        }
        catch (Exception error) when (error is DbException or IOException or TimeoutException or SocketException)
        {
            throw Unusable("(PostgreSQL)", error);
        }
    }
}

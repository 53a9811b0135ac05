using System.Data.Common;
using Bff.Sessions.Keys;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>A SQLite file: creates its folder and schema, and keeps the Data Protection keys in <c>keys/</c> beside it.</summary>
internal sealed class SqliteDatabase : SessionDatabase
{
    private readonly string _file;
    private readonly string _folder;
    private readonly SemaphoreSlim _writer = new(1);
    private SqliteLock? _inUse;

    private readonly TimeSpan _turnTimeout;
    private readonly SqliteWrites _writes;
    private readonly SqliteFile _there;

    /// <param name="connectionString">SQLite's; a relative <c>Data Source</c> starts at <paramref name="root"/>.</param>
    /// <param name="root">The content root.</param>
    /// <param name="timeout">A lock, or a turn to write, that is not had by then is an error; the driver would try on for half a minute.</param>
    public SqliteDatabase(string connectionString, string root, TimeSpan timeout)
    {
        // Half of it for the turn, half for a lock that another process may have.
        _turnTimeout = timeout / 2;
        var connection = new SqliteConnectionStringBuilder(connectionString)
        {
            // a file that was deleted is not made anew
            Pooling = true, DefaultTimeout = (int)Math.Ceiling(_turnTimeout.TotalSeconds), Mode = SqliteOpenMode.ReadWrite,
        };
        _file = connection.DataSource = Path.GetFullPath(connection.DataSource, root);
        _folder = Path.GetDirectoryName(_file)!;
        _there = new SqliteFile(_file, connection.ConnectionString, reason => Unprepared?.Invoke(new SessionStoreException(reason)));
        DataSource = new SqliteDataSource(connection.ConnectionString, EnsureThere, timeout - _turnTimeout);
        _writes = new SqliteWrites(DataSource, () => _writer.Wait(0) ? Begin(isMine: true) : null, WaitForTurnToWriteAsync, FailureOf, _turnTimeout);
    }

    public override DbDataSource DataSource { get; }

    public override StoreFiles Files => new(_file, Path.Combine(_folder, "keys"));

    /// <summary>Why it cannot be used; null when it can.</summary>
    public static string? ProblemWith(string connectionString)
    {
        try
        {
            return new SqliteConnectionStringBuilder(connectionString).DataSource is { Length: > 0 } file && file != ":memory:"
                ? null : "must name a file: 'Data Source=data/bff.db'. Sessions have to survive a restart.";
        }
        catch (ArgumentException error)
        {
            return $"is no connection string SQLite knows: {error.Message}";
        }
    }

    // One writer at a time: what the first statement saw is what the second deletes.
    public override string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps) =>
        $"{string.Concat(keeps.Select(keep => keep($"(SELECT * FROM sessions WHERE {where})") + "; "))}DELETE FROM sessions WHERE {where} RETURNING {columns}";

    public override void ForgetConnections()
    {
        using var one = new SqliteConnection(DataSource.ConnectionString);
        SqliteConnection.ClearPool(one);
    }

    public override async ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancellationToken) =>
        Begin(await _writer.WaitAsync(_turnTimeout, cancellationToken));

    public override Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken) => _writes.RunAsync(write, cancellationToken);

    /// <summary>As <see cref="TakeTurnToWriteAsync"/>, without a limit.</summary>
    private async Task<IDisposable> WaitForTurnToWriteAsync()
    {
        await _writer.WaitAsync();
        return Begin(isMine: true);
    }

    private Turn Begin(bool isMine)
    {
        if (!isMine) { throw SqliteWrites.TooManyBefore(); }
        var turn = new Turn(_writer);
        try
        {
            _there.EnsureThere();
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>For each connection. Who has the turn to write finds the file there, as a moment ago; if not, it waits here for itself and fails.</summary>
    private void EnsureThere()
    {
        if (_there.IsThere) { return; }
        using var turn = Begin(_writer.Wait(_turnTimeout));
    }

    public override IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock) =>
        new SqlSessionStore(this, protector, changes, clients, clock);

    public override IXmlRepository OpenKeyRing(ILoggerFactory loggers) => new FileSystemXmlRepository(PrivateFolder(Files.Keys), loggers);

    public override SchemaMigration? FindMigration()
    {
        if (!File.Exists(_file)) { return null; }
        return Use(() =>
        {
            using var connection = (SqliteConnection)DataSource.OpenConnection();
            var stored = SqliteSchema.Read(connection);
            SessionSchema.EnsureUsable(stored);
            return SessionSchema.MigrationOf(stored);
        });
    }

    public override void Prepare()
    {
        var migration = Use(() =>
        {
            using var turn = Begin(_writer.Wait(_turnTimeout));
            if (!_there.IsHeld) { ForgetConnections(); }   // to a file that may have been another
            PrivateFolder(_folder);
            _inUse ??= SqliteLock.Share(_file);
            CreatePrivateFile();
            using var connection = (SqliteConnection)DataSource.OpenConnection();
            SessionSchema.EnsureUsable(SqliteSchema.Read(connection));
            connection.Execute("PRAGMA journal_mode = WAL");
            using var transaction = connection.BeginTransaction(deferred: false);
            var stored = SqliteSchema.Read(connection);
            SessionSchema.EnsureUsable(stored);
            if (stored.Version <= SessionSchema.Version) { SqliteSchema.Write(connection, stored); }
            transaction.Commit();
            _there.Hold();
            return SessionSchema.MigrationOf(stored);
        });
        if (migration is not null) { Migrated?.Invoke(migration); }
    }

    /// <summary>
    /// Whoever holds the lock alone knows that no process is at work on the file, so what is leased is leased to nobody. Another one that starts in the same
    /// milliseconds is told to try again.
    /// </summary>
    public override void FreeLeasesOfBefore(DateTimeOffset now)
    {
        if (_inUse is not null || !File.Exists(_file)) { return; }
        try
        {
            using var alone = SqliteLock.TryHoldAlone(_file);
            if (alone is null) { return; }
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder(DataSource.ConnectionString) { Pooling = false }.ConnectionString);
            connection.Open();
            if (SqliteSchema.Read(connection) is not { Version: > 0 } stored || !SessionSchema.IsUsable(stored)) { return; }
            using var free = connection.CreateCommand();
            free.CommandText = $"{SqlSessionStore.EndLease} WHERE lease_owner IS NOT NULL";
            free.Parameters.AddWithValue("now", SqlStatements.Milliseconds(now));
            free.ExecuteNonQuery();
        }
        catch (Exception error) when (error is SqliteException or UnauthorizedAccessException or IOException)
        {
            // What is wrong with the file is told when it is prepared, and leases run out.
        }
    }

    private T Use<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception error) when (error is SqliteException or UnauthorizedAccessException or IOException)
        {
            throw Unusable($"'{_file}'", error);
        }
    }

    /// <summary>
    /// The file names users, in a folder that may be anybody's (a mounted volume), so it is the owner's alone; SQLite gives its side files the same mode.
    /// </summary>
    private void CreatePrivateFile()
    {
        // Only while it is new: closing any handle of a file drops the locks this process holds on it (POSIX).
        if (!File.Exists(_file)) { File.Create(_file).Dispose(); }
        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite); }
    }

    public override ValueTask DisposeAsync()
    {
        _inUse?.Dispose();
        _there.Dispose();
        return base.DisposeAsync();
    }

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }

    public override SessionStoreException? FailureOf(Exception error) =>
        error is not SqliteException sqlite ? base.FailureOf(error) : new(sqlite.Message, sqlite)
    {
        IsUnanswered = sqlite.SqliteErrorCode is 5 or 6,   // BUSY, LOCKED
        IsDamage = sqlite.SqliteErrorCode is 11 or 26,     // CORRUPT, NOTADB
        IsRefusal = sqlite.SqliteErrorCode is 19,          // CONSTRAINT
    };

    // 5 BUSY, 6 LOCKED, 10 IOERR, 11 CORRUPT, 13 FULL, 15 PROTOCOL. The rest is about the file that was configured: no database, no right to write.
    public override bool MayPass(Exception error) =>
        error is SqliteException sqlite ? sqlite.SqliteErrorCode is 5 or 6 or 10 or 11 or 13 or 15 : base.MayPass(error);

    public static DirectoryInfo PrivateFolder(string path)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        return OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, ownerOnly);
    }
}

using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Stores;

/// <summary>The SQLite file as a data source: creates folder and schema, and opens every connection with the same settings.</summary>
internal sealed class SqliteDatabase : DbDataSource
{
    private const int SchemaVersion = 1;

    /// <summary>WAL lets readers go on while one writes; FULL syncs each commit, because a rotated refresh token that is lost cannot be had again.</summary>
    private const string ConnectionSettings = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL;";

    private const string Schema = """
        CREATE TABLE sessions (
            id               TEXT    NOT NULL PRIMARY KEY,
            sid              TEXT    NOT NULL,
            subject          TEXT    NOT NULL,
            provider_sid     TEXT,
            claims           TEXT    NOT NULL,
            session_state    TEXT,
            created_at       INTEGER NOT NULL,
            ends_at          INTEGER NOT NULL,
            absolute_ends_at INTEGER NOT NULL,
            version          INTEGER NOT NULL,
            tokens           BLOB    NOT NULL,
            due_at           INTEGER,
            not_before       INTEGER NOT NULL,
            failures         INTEGER NOT NULL,
            lease_owner      TEXT,
            lease_until      INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX sessions_due  ON sessions (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX sessions_end  ON sessions (ends_at);
        CREATE INDEX sessions_user ON sessions (subject);
        """;

    private readonly SqliteConnectionStringBuilder _connection;

    /// <exception cref="IOException">The folder or the file cannot be written; the message names the setting.</exception>
    public SqliteDatabase(string connectionString)
    {
        _connection = new SqliteConnectionStringBuilder(connectionString) { Pooling = true };
        _connection.DataSource = Path.GetFullPath(_connection.DataSource);
        Folder = Path.GetDirectoryName(_connection.DataSource)!;
    }

    /// <summary>Where the file is; the Data Protection keys live beside it.</summary>
    public string Folder { get; }

    public override string ConnectionString => _connection.ConnectionString;

    /// <summary>Creates what is missing. Called once at start, so that an unusable folder stops the start and not the first sign-in.</summary>
    public void Prepare()
    {
        try
        {
            CreatePrivateFolder();
            using var connection = OpenConnection();
            if (Read(connection, "PRAGMA user_version") is > SchemaVersion and var newer)
            {
                throw new IOException($"it was written by a newer version of Bff (schema {newer}, this one knows {SchemaVersion})");
            }

            Execute(connection, "PRAGMA journal_mode = WAL");
            using var transaction = ((SqliteConnection)connection).BeginTransaction(deferred: false);
            if (Read(connection, "PRAGMA user_version") == 0) { Execute(connection, Schema + $"PRAGMA user_version = {SchemaVersion};"); }
            transaction.Commit();
        }
        catch (Exception error) when (error is SqliteException or UnauthorizedAccessException or IOException)
        {
            throw new IOException($"Bff:Sessions:ConnectionString: the session store '{_connection.DataSource}' cannot be used: {error.Message}", error);
        }
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = CreateDbConnection();
        try
        {
            connection.Open();
            Execute(connection, ConnectionSettings);
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

    private void CreatePrivateFolder()
    {
        if (Directory.Exists(Folder)) { return; }
        if (OperatingSystem.IsWindows()) { Directory.CreateDirectory(Folder); }
        else { Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); }
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Read(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}

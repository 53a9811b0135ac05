using System.Globalization;
using Bff.Sessions.Store.Sql;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>Copies a SQLite store while it is in use, and puts a copy in a store's place.</summary>
internal static class SqliteCopy
{
    private const int BusySeconds = 2;

    /// <summary>The first version that has all the tables which are compared.</summary>
    private const long ComparableFrom = 3;

    /// <summary>The first version that remembers why sessions ended.</summary>
    private const long RemembersEndsFrom = 5;

    private static readonly string[] SideFiles = ["-wal", "-shm", "-journal"];

    /// <summary>SQLite's online backup: one moment of the store, while others go on to read and write it.</summary>
    public static void Make(string store, string target)
    {
        using var from = Open(store, SqliteOpenMode.ReadWrite);   // not read-only: it may have to recover what a killed process left
        using var to = Open(target, SqliteOpenMode.ReadWriteCreate);
        from.BackupDatabase(to);
        to.Execute("PRAGMA journal_mode = DELETE");   // one file and nothing beside it
    }

    /// <exception cref="InvalidDataException">It is damaged, or no store of sessions.</exception>
    public static SqliteCopyInfo Inspect(string copy)
    {
        try
        {
            using var connection = Open(copy, SqliteOpenMode.ReadWrite);
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA integrity_check(1)";
            if (check.ExecuteScalar() as string is not "ok") { throw new InvalidDataException("the database in it is damaged"); }
            var schema = SqliteSchema.Read(connection);
            if (schema.Version == 0) { throw new InvalidDataException("the database in it has no sessions table"); }
            return new(schema, SqliteSchema.Lineage(connection), connection.Read("SELECT count(*) FROM sessions"));
        }
        catch (SqliteException error)
        {
            throw new InvalidDataException($"the database in it cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Takes a store out of use: what is beside its file goes into it. Only for who holds <see cref="SqliteLock"/> alone.</summary>
    /// <returns>False when somebody has it open all the same: a version of Bff that takes no lock, or another program.</returns>
    /// <param name="store">The file.</param>
    /// <param name="isReadable">False when it is damaged.</param>
    public static bool TryRetire(string store, out bool isReadable)
    {
        isReadable = false;
        if (!File.Exists(store)) { return true; }
        try
        {
            using var connection = Open(store, SqliteOpenMode.ReadWrite);
            connection.Execute("PRAGMA journal_mode = DELETE");   // refused while anybody else has it open
            connection.Execute("BEGIN EXCLUSIVE; SELECT count(*) FROM sqlite_master; ROLLBACK");
            isReadable = true;
            return true;
        }
        catch (SqliteException error) when (error.SqliteErrorCode is 5 or 6)   // SQLITE_BUSY, SQLITE_LOCKED
        {
            return false;
        }
        catch (SqliteException error) when (IsDamage(error))
        {
            return true;
        }
    }

    /// <summary>
    /// When something last changed in a store, what its log holds included; null without one. To be read before <see cref="TryRetire"/>, which changes it.
    /// </summary>
    public static DateTimeOffset? LastWritten(string store) => File.Exists(store)
        ? new[] { store, store + "-wal" }.Where(File.Exists).Max(file => new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero)) : null;

    /// <summary>Key ids in a copy that something is sealed with: Data Protection writes the id after a head of four bytes.</summary>
    public static IReadOnlyDictionary<Guid, long> SealedWith(string copy)
    {
        using var connection = Open(copy, SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT substr(tokens, 5, 16), count(*) FROM sessions WHERE length(tokens) >= 20 GROUP BY 1";
        using var rows = command.ExecuteReader();
        var sealedWith = new Dictionary<Guid, long>();
        while (rows.Read()) { sealedWith.Add(new Guid(rows.GetFieldValue<byte[]>(0)), rows.GetInt64(1)); }
        return sealedWith;
    }

    /// <summary>
    /// Leaves out of a copy the sessions whose refresh token may be used up, since a provider takes a second use for theft. The store that is about to be
    /// replaced knows them, if the copy was made of it and it has been in use since; otherwise they are those that were due for renewal since.
    /// </summary>
    public static RestoredSessions EndRenewed(string copy, string? replaced, DateTimeOffset now)
    {
        using var connection = Open(copy, SqliteOpenMode.ReadWrite);
        var before = connection.Read("SELECT count(*) FROM sessions");
        var isExact = replaced is not null && TryCompare(connection, replaced);
        if (!isExact)
        {
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM sessions WHERE due_at <= {now.ToUnixTimeMilliseconds()}"));
        }
        var kept = connection.Read("SELECT count(*) FROM sessions");
        return new(kept, before - kept, isExact);
    }

    /// <summary>What happens to it from here on is its own.</summary>
    public static void BeginLineage(string copy)
    {
        using var connection = Open(copy, SqliteOpenMode.ReadWrite);
        SqliteSchema.BeginLineage(connection);
    }

    /// <summary>Puts a copy in the place of a store, in one step. The store's file is kept beside it.</summary>
    public static void Replace(string copy, string store, string aside)
    {
        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite); }
        var moved = SideFiles.Where(side => File.Exists(store + side)).ToList();   // of a damaged file; left there, SQLite would apply it to the copy
        foreach (var side in moved) { File.Move(store + side, aside + side); }
        try
        {
            if (File.Exists(store)) { File.Replace(copy, store, aside); }
            else { File.Move(copy, store); }
        }
        catch
        {
            foreach (var side in moved) { File.Move(aside + side, store + side); }
            throw;
        }
    }

    private static bool TryCompare(SqliteConnection connection, string replaced)
    {
        try
        {
            using (var other = Open(replaced, SqliteOpenMode.ReadWrite))
            {
                if (!SessionSchema.IsUsable(SqliteSchema.Read(other))) { return false; }
            }

            using (var attach = connection.CreateCommand())
            {
                attach.CommandText = "ATTACH @file AS replaced";
                attach.Parameters.AddWithValue("file", replaced);
                attach.ExecuteNonQuery();
            }

            // Not a copy of this store, or a store that has been replaced since: its sessions say nothing about these.
            // A newer version may have brought it up to date meanwhile: what is compared is the same in both.
            var version = Math.Min(connection.Read("PRAGMA replaced.user_version"), connection.Read("PRAGMA main.user_version"));
            var isComparable = version >= ComparableFrom
                && connection.Read("SELECT count(*) FROM main.sqlite_master JOIN replaced.sqlite_master USING (name) WHERE name = 'bff_store'") > 0
                && connection.Read("SELECT count(*) FROM main.bff_store ours JOIN replaced.bff_store theirs ON theirs.lineage = ours.lineage") > 0;
            if (isComparable) { Compare(connection, version); }
            connection.Execute("DETACH replaced");
            return isComparable;
        }
        catch (SqliteException error) when (IsDamage(error))
        {
            return false;   // as good as none
        }
    }

    /// <summary>
    /// 11 CORRUPT, 26 NOTADB. Whatever else keeps a store from being read (no memory, no right, a failing disk) says nothing about what is in it.
    /// </summary>
    private static bool IsDamage(SqliteException error) => error.SqliteErrorCode is 11 or 26;

    // Each renewal seals anew, so the same bytes are the same refresh token; and one with a lease, or one that lost it
    // with its node, may just have been sent.
    private static void Compare(SqliteConnection connection, long version)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(
            """
            DELETE FROM main.sessions WHERE NOT EXISTS (
                SELECT 1 FROM replaced.sessions there WHERE there.id = sessions.id AND there.tokens = sessions.tokens AND there.lease_owner IS NULL
                AND there.lease_until = 0);
            UPDATE main.sessions SET ends_at = (SELECT there.ends_at FROM replaced.sessions there WHERE there.id = sessions.id);
            DELETE FROM main.revocations;
            INSERT INTO main.revocations (id, session_id, subject, client, tokens, due_at, attempts, forget_at)
                SELECT id, session_id, subject, client, tokens, due_at, attempts, forget_at FROM replaced.revocations;
            INSERT OR IGNORE INTO main.used_once (id, forget_at) SELECT id, forget_at FROM replaced.used_once;
            """);
        if (version >= RemembersEndsFrom)
        {
            connection.Execute("INSERT OR IGNORE INTO main.ends (id, client, reason, forget_at) SELECT id, client, reason, forget_at FROM replaced.ends");
        }

        transaction.Commit();
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}

using Bff.Sessions.Store.Sql;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>What a SQLite file says of itself: the schema's version in <c>user_version</c>, the rest in a table of one row.</summary>
internal static class SqliteSchema
{
    private const string Table = "CREATE TABLE IF NOT EXISTS bff_store (readable_from BIGINT NOT NULL, lineage TEXT NOT NULL)";

    private const string NewLineage = "lower(hex(randomblob(16)))";

    public static StoredSchema Read(SqliteConnection connection) =>
        new(
            connection.Read("PRAGMA user_version"),
            HasTable(connection) && connection.Read("SELECT readable_from FROM bff_store") is > 0 and var from ? from : null);

    /// <summary>Brings an empty or older file to this program's version; nothing when it is there already.</summary>
    public static void Write(SqliteConnection connection, StoredSchema stored)
    {
        if (stored == new StoredSchema(SessionSchema.Version, SessionSchema.ReadableFrom)) { return; }
        connection.Execute($"{SessionSchema.Migrate(stored.Version, "BLOB")} PRAGMA user_version = {SessionSchema.Version};");
        connection.Execute(Table);
        if (stored.ReadableFrom is null) { connection.Execute($"INSERT INTO bff_store VALUES ({SessionSchema.ReadableFrom}, {NewLineage})"); }
        else { connection.Execute($"UPDATE bff_store SET readable_from = {SessionSchema.ReadableFrom}"); }
    }

    /// <summary>Two files of one lineage were one file once, and the newer one knows all that happened since; null when the file does not say.</summary>
    public static string? Lineage(SqliteConnection connection)
    {
        if (!HasTable(connection)) { return null; }
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT lineage FROM bff_store";
        return command.ExecuteScalar() as string;
    }

    /// <summary>What happens from here on is told apart from what happened to the file this was copied from.</summary>
    public static void BeginLineage(SqliteConnection connection)
    {
        if (HasTable(connection)) { connection.Execute($"UPDATE bff_store SET lineage = {NewLineage}"); }
    }

    private static bool HasTable(SqliteConnection connection) =>
        connection.Read("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'bff_store'") > 0;
}

using System.Data.Common;

namespace Bff.Sessions.Store.Sql;

internal static class DbConnectionExtensions
{
    public static void Execute(this DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <returns>The number the statement yields; 0 when it yields none.</returns>
    public static long Read(this DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long value ? value : 0;
    }
}

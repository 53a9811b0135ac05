using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Bff.Sessions.Store.Sql;

/// <summary>What an exception of a store's driver means: the one place that knows what they throw.</summary>
internal static class StoreFailure
{
    private const int DiskFull = 28;   // ENOSPC

    /// <returns>Null when it is not the store's fault.</returns>
    public static SessionStoreException? Of(Exception error) => error switch
    {
        SessionStoreException known => known,
        SqliteException sqlite => new(sqlite.Message, sqlite)
        {
            IsUnanswered = IsLocked(sqlite), IsDamage = IsDamaged(sqlite), IsRefusal = IsConstraint(sqlite),
        },
        PostgresException refused => new(refused.MessageText, refused)
        {
            IsUnanswered = IsGoing(refused), IsConnection = IsGoing(refused), IsRefusal = IsRefusal(refused),
            IsDamage = refused.SqlState is PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted,
        },
        NpgsqlException { InnerException: TimeoutException } late => new(late.Message, late) { IsUnanswered = true },
        NpgsqlException lost => new(lost.Message, lost) { IsUnanswered = true, IsConnection = true },
        TimeoutException late => new(late.Message, late) { IsUnanswered = true },
        SocketException lost => new(lost.Message, lost) { IsUnanswered = true, IsConnection = true },
        DbException or IOException or UnauthorizedAccessException => new(error.GetBaseException().Message, error),
        _ => null,
    };

    /// <summary>At the start: it may be otherwise in a moment, without anybody changing the configuration.</summary>
    public static bool MayPass(Exception error) => error switch
    {
        // 5 BUSY, 6 LOCKED, 10 IOERR, 11 CORRUPT, 13 FULL, 15 PROTOCOL. The rest is about the file that was configured: no database, no right to write.
        SqliteException sqlite => sqlite.SqliteErrorCode is 5 or 6 or 10 or 11 or 13 or 15,
        DbException or TimeoutException or SocketException => true,
        IOException { HResult: DiskFull } => true,
        _ => false,
    };

    private static bool IsLocked(SqliteException error) => error.SqliteErrorCode is 5 or 6;

    /// <summary>11 CORRUPT, 26 NOTADB.</summary>
    private static bool IsDamaged(SqliteException error) => error.SqliteErrorCode is 11 or 26;

    private static bool IsConstraint(SqliteException error) => error.SqliteErrorCode is 19;

    /// <summary>Of the data, a constraint, a transaction or the statement (PostgreSQL, appendix A: classes 22, 23, 40 and 42).</summary>
    private static bool IsRefusal(PostgresException error) => error.SqlState is ['2', '2' or '3', ..] or ['4', '0' or '2', ..];

    /// <summary>It stops or starts (classes 57P and 08). Not 53300: a server without a place for one more connection keeps those there are.</summary>
    private static bool IsGoing(PostgresException error) =>
        error.SqlState.StartsWith("57P", StringComparison.Ordinal) || error.SqlState.StartsWith("08", StringComparison.Ordinal);
}

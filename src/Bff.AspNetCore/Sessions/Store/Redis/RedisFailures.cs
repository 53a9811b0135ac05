using System.Security.Authentication;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>What the driver's exceptions mean, and servers' errors by the word they begin with.</summary>
internal static class RedisFailures
{
    private const string NotAllowed = "Does the user of the connection string have the rights that docs/operations.md lists?";

    /// <param name="error">Of the driver.</param>
    /// <returns>Null when it is none of Redis.</returns>
    public static SessionStoreException? Of(Exception error) => error switch
    {
        RedisServerException refused => OfServer(refused),
        RedisTimeoutException late => new("Redis did not answer in time.", late) { IsUnanswered = true },
        RedisConnectionException lost => new(WhyLost(lost), lost) { IsUnanswered = true, IsConnection = true },
        RedisCommandException moved => new(moved.Message, moved) { IsUnanswered = true, IsConnection = true },   // the server is none that takes it any longer
        RedisException other => new(other.Message, other) { IsUnanswered = true },
        _ => null,
    };

    private static SessionStoreException OfServer(RedisServerException error) => WordOf(error) switch
    {
        // It starts, or a cluster has no server for this shard, or none yet.
        "LOADING" or "CLUSTERDOWN" or "MASTERDOWN" or "TRYAGAIN" or "BUSY" or "MOVED" or "ASK" =>
            new(error.Message, error) { IsUnanswered = true, IsConnection = true },
        "NOAUTH" or "WRONGPASS" or "NOPERM" => new($"{error.Message.TrimEnd('.')}. {NotAllowed}", error),
        "READONLY" => new(error.Message, error) { IsConnection = true },
        "MISCONF" or "NOREPLICAS" or "OOM" => new(error.Message, error),
        _ => new(error.Message, error) { IsRefusal = true },
    };

    /// <summary>Whether it says that this user may not do this: to be mended by hand.</summary>
    public static bool IsDenied(Exception error) => error is RedisServerException refused && WordOf(refused) is "NOPERM";

    /// <summary>Of what a script has met Redis 6 says: "ERR Error running script (call to f_…): @user_script:12: -READONLY You can't write…".</summary>
    private static string WordOf(RedisServerException error)
    {
        var said = error.Message;
        if (said.StartsWith("ERR Error running script", StringComparison.Ordinal) && said.IndexOf(": -", StringComparison.Ordinal) is >= 0 and var at)
        {
            said = said[(at + 3)..];
        }

        return said.Split(' ', 2)[0];
    }

    private static string WhyLost(RedisConnectionException error)
    {
        // The driver calls both an authentication failure.
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException tls) { return $"There is no TLS connection to Redis: {tls.Message}"; }
        }

        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
            {
                return "Redis refuses the user or the password of the connection string.";
            }
        }

        return error.GetBaseException() is RedisConnectionException ? $"There is no connection to Redis ({error.FailureType})."
            : $"There is no connection to Redis: {error.GetBaseException().Message}";
    }
}

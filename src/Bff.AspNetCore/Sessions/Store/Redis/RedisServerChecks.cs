using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>How the servers are set up: one that throws sessions away to make room signs users out without a word, and cannot be used.</summary>
internal static class RedisServerChecks
{
    private const string NoEviction = "noeviction";
    private const string Policy = "maxmemory_policy", Aof = "aof_enabled";

    /// <returns>What is to be said of them.</returns>
    /// <exception cref="IOException">They must not be used like this.</exception>
    public static IReadOnlyList<StoreRemark> Run(IEnumerable<IServer> primaries)
    {
        var remarks = new HashSet<StoreRemark>();
        foreach (var server in primaries)
        {
            switch (Read(server, "memory", Policy) ?? Configured(server, "maxmemory-policy"))
            {
                case null: remarks.Add(UnknownPolicy); break;
                case NoEviction: break;
                case var policy:
                    throw new IOException(
                        $"its maxmemory-policy is {policy}: when memory is short it throws sessions away, and their users are signed out. Set it to "
                        + "noeviction");
            }

            var (log, snapshots) = (Read(server, "persistence", Aof), Configured(server, "save"));
            if (log is null or "1" || snapshots is { Length: > 0 }) { continue; }
            remarks.Add(snapshots is null ? UnknownSnapshots : NotPersistent);
        }

        return [.. remarks];
    }

    private static StoreRemark UnknownPolicy { get; } = new(
        "Redis does not say its maxmemory-policy.", "Make sure that it is noeviction: any other throws sessions away when memory is short.");

    private static StoreRemark UnknownSnapshots { get; } = new(
        "Redis keeps no append-only file, and does not say whether it makes snapshots.",
        "Set appendonly yes, or every user is signed out when it restarts, and what was renewed since the last snapshot.");

    private static StoreRemark NotPersistent { get; } = new(
        "Redis keeps neither an append-only file nor snapshots: when it restarts, every user is signed out, and the keys are gone.", "Set appendonly yes.");

    /// <returns>Null when the server does not say.</returns>
    private static string? Read(IServer server, string section, string name)
    {
        try
        {
            return server.Info(section).SelectMany(group => group).FirstOrDefault(entry => entry.Key == name).Value;
        }
        catch (RedisServerException)
        {
            return null;   // not every service lets everybody ask
        }
    }

    private static string? Configured(IServer server, string name)
    {
        try
        {
            return (RedisResult[]?)server.Execute("CONFIG", "GET", name) is [_, var value] ? (string?)value : null;
        }
        catch (RedisServerException)
        {
            return null;
        }
    }
}

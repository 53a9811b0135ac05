using Bff.Sessions;

namespace Bff.ClusterTests.Running;

/// <summary>One kind of store that nodes share: a real server, which can crash and come back, and counts what it is asked.</summary>
internal abstract class ClusterStore : IAsyncDisposable
{
    /// <summary>What a test of a running cluster is done with, when somebody has the time.</summary>
    private static readonly string[] All = [SessionsOptions.PostgreSql, SessionsOptions.Redis];

    /// <summary>These tests take a minute each, so that half of them are for one store, and half for the other, unless it is by hand.</summary>
    public static TheoryData<string> PostgreSqlAtLeast => [.. ByHand.IsWanted ? All : [SessionsOptions.PostgreSql]];

    public static TheoryData<string> RedisAtLeast => [.. ByHand.IsWanted ? All : [SessionsOptions.Redis]];

    public static async Task<ClusterStore> StartAsync(string kind) => kind switch
    {
        SessionsOptions.PostgreSql => await PostgreSqlClusterStore.StartAsync(),
        SessionsOptions.Redis => await RedisClusterStore.StartAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>By which a node finds it.</summary>
    public abstract IEnumerable<KeyValuePair<string, string?>> Settings { get; }

    /// <summary>It is gone at once; what it has confirmed is on disk.</summary>
    public abstract Task CrashAsync();

    /// <summary>It is back, at the same address.</summary>
    public abstract Task ResumeAsync();

    /// <summary>How many operations it has carried out, for whomever, by what it calls them.</summary>
    public abstract Task<IReadOnlyDictionary<string, long>> CountOperationsAsync();

    public abstract ValueTask DisposeAsync();
}

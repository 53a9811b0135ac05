using Bff.Sessions;

namespace Bff.ClusterTests.Running;

/// <summary>One kind of store that nodes share: a real server, which can crash and come back, and counts what it is asked.</summary>
internal abstract class ClusterStore : IAsyncDisposable
{
    private const string SeveralRedis = "Redis Cluster";

    /// <summary>What a test of a running cluster is done with, when somebody has the time.</summary>
    private static readonly string[] All = [SessionsOptions.PostgreSql, SessionsOptions.Redis, SeveralRedis];

    /// <summary>These tests take a minute each, so that half of them are for one store, and half for the other, unless it is by hand.</summary>
    public static TheoryData<string> PostgreSqlAtLeast => [.. ByHand.IsWanted ? All : [SessionsOptions.PostgreSql]];

    public static TheoryData<string> RedisAtLeast => [.. ByHand.IsWanted ? All : [SessionsOptions.Redis]];

    public static async Task<ClusterStore> StartAsync(string kind) => kind switch
    {
        SessionsOptions.PostgreSql => await PostgreSqlClusterStore.StartAsync(),
        SessionsOptions.Redis => await RedisClusterStore.StartOneAsync(),
        SeveralRedis => await RedisClusterStore.StartClusterAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>By which a node finds it.</summary>
    public abstract IEnumerable<KeyValuePair<string, string?>> Settings { get; }

    /// <summary>It is gone at once; what it has confirmed is on disk.</summary>
    public abstract Task CrashAsync();

    /// <summary>It is back, at the same address.</summary>
    public abstract Task ResumeAsync();

    /// <summary>
    /// What a node of a later version does to it when it starts beside the others, and to every session: adds what this version does not know, and says that
    /// this version can use it all the same.
    /// </summary>
    public abstract Task AddWhatALaterVersionKnowsAsync();

    /// <summary>How many sessions have kept that.</summary>
    public abstract Task<long> CountWhatALaterVersionKnowsAsync();

    /// <summary>How many operations it has carried out, for whomever, by what it calls them.</summary>
    public abstract Task<IReadOnlyDictionary<string, long>> CountOperationsAsync();

    public abstract ValueTask DisposeAsync();
}

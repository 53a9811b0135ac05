using Bff.Sessions;

namespace Bff.ClusterTests.Running;

/// <summary>One kind of store that nodes share: a real server, which can crash and come back, and counts what it is asked.</summary>
internal abstract class ClusterStore : IAsyncDisposable
{
    /// <summary>What every test of a running cluster is done with.</summary>
    public static TheoryData<string> Kinds => [SessionsOptions.PostgreSql];

    public static async Task<ClusterStore> StartAsync(string kind) => kind switch
    {
        SessionsOptions.PostgreSql => await PostgreSqlClusterStore.StartAsync(),
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

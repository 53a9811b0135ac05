using Bff.ClusterTests;
using Bff.Faults;
using Bff.Sessions;

namespace Bff.Benchmarks.Measuring;

/// <summary>What a store's server says that it was asked.</summary>
internal abstract class ServerCounter : IAsyncDisposable
{
    /// <returns>Null for a store that is no server.</returns>
    public static async Task<ServerCounter?> StartAsync(Bench bench, Store store) => store.Kind switch
    {
        SessionsOptions.PostgreSql => await PostgreSqlCounter.StartAsync(await bench.ServerAsync(), store.ConnectionString),
        SessionsOptions.Redis => await RedisCounter.StartAsync(store.ConnectionString),
        _ => null,
    };

    /// <summary>What one of what it counts is called.</summary>
    public abstract string Counted { get; }

    /// <summary>So far, without its own questions.</summary>
    public abstract Task<long> CountAsync();

    /// <summary>CPU time so far; null where the server does not say.</summary>
    public abstract Task<TimeSpan?> CpuAsync();

    /// <summary>What was asked most since <see cref="ForgetAsync"/>.</summary>
    public abstract Task<string> MostAsync();

    public abstract Task ForgetAsync();

    public abstract ValueTask DisposeAsync();
}

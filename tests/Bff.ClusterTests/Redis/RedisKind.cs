using StackExchange.Redis;

namespace Bff.ClusterTests.Redis;

/// <summary>Servers that speak the protocol. The classes of one kind run one after the other, and each test empties them.</summary>
public abstract class RedisKind : IAsyncLifetime
{
    public abstract string ConnectionString { get; }

    /// <summary>For what a test does by hand.</summary>
    public ConnectionMultiplexer Admin { get; private set; } = null!;

    public async Task EmptyAsync()
    {
        foreach (var server in Admin.GetServers()) { await server.ExecuteAsync("FLUSHALL"); }
    }

    protected abstract Task StartAsync();

    protected abstract ValueTask StopAsync();

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        try
        {
            Admin = await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true");
        }
        catch
        {
            await StopAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await StopAsync();
        GC.SuppressFinalize(this);
    }
}

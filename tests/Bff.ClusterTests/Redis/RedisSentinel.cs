using System.Diagnostics;

namespace Bff.ClusterTests.Redis;

/// <summary>A real sentinel that watches one primary, and promotes a replica half a second after its death.</summary>
internal sealed class RedisSentinel : IAsyncDisposable
{
    public const string Service = "bff";

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-sentinel-").FullName;
    private readonly ProgramProcess _process;

    /// <param name="primary">What it watches.</param>
    /// <param name="lines">More of its file.</param>
    public RedisSentinel(RedisServer primary, params string[] lines)
    {
        var file = Path.Combine(_folder, "sentinel.conf");   // it writes what it finds out into it
        File.WriteAllLines(
            file,
            [
                $"port {Port}", "bind 127.0.0.1", "loglevel warning", $"sentinel monitor {Service} 127.0.0.1 {primary.Port} 1",
                $"sentinel down-after-milliseconds {Service} 500", $"sentinel failover-timeout {Service} 5000", .. lines,
            ]);
        _process = new ProgramProcess(new ProcessStartInfo("redis-server", [file, "--sentinel"]), _ => { }, _ => { });
    }

    public int Port { get; } = FreePort.Find();

    public string ConnectionString => $"127.0.0.1:{Port},serviceName={Service}";

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

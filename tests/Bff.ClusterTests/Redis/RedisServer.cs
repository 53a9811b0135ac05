using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Bff.ClusterTests.Redis;

/// <summary>A real Redis server of our own in a temporary folder, on a free port, gone afterwards.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>A cluster's servers talk to each other on a port above their own.</summary>
    public const int BusPortAbove = 10_000;

    private const int MaxPort = 65_535;

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-redis-").FullName;
    private readonly string[] _settings;
    private ProgramProcess? _server;

    private RedisServer(string[] settings) => (_settings, Port) = (settings, FindPort());

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <param name="settings">As the command line has them; they stand after <c>--save "" --appendonly no</c>.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer(settings);
        try
        {
            await server.ResumeAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server, again after <see cref="Kill"/>.</summary>
    public async Task ResumeAsync()
    {
        if (_server is not null) { await _server.DisposeAsync(); }
        _server = new ProgramProcess(
            new ProcessStartInfo(
                "redis-server",
                [
                    "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder, "--daemonize", "no", "--loglevel", "warning", "--save", "",
                    "--appendonly", "no", "--repl-diskless-sync-delay", "0", .. _settings,
                ]),
            _ => { }, _ => { });
        await Eventually.HappensAsync(AnswersAsync, "Redis starts");
    }

    /// <summary>Runs <c>redis-cli</c>, for what a driver thinks better of.</summary>
    public static async Task CommandAsync(params string[] arguments)
    {
        using var command = Process.Start(new ProcessStartInfo("redis-cli", ["-e", .. arguments]) { RedirectStandardOutput = true })!;
        var said = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        if (command.ExitCode != 0) { throw new InvalidOperationException("redis-cli: " + said); }
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill() => _server!.Kill();

    /// <summary>Stops it without ending it, as a machine that hangs would; the kernel goes on taking connections.</summary>
    public void Freeze() => _server!.Freeze();

    public void Thaw() => _server!.Thaw();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) { await _server.DisposeAsync(); }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Whether it answers at all, also when it wants a password first.</summary>
    private async Task<bool> AnswersAsync()
    {
        if (_server!.HasExited) { throw new InvalidOperationException($"redis-server ended with {_server.ExitCode}."); }
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
            var answer = new byte[64];
            var read = await client.GetStream().ReadAsync(answer);
            return Encoding.ASCII.GetString(answer, 0, read) is var said && !said.StartsWith("-LOADING", StringComparison.Ordinal) && read > 0;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }

    private static int FindPort()
    {
        while (true)
        {
            if (FreePort.Find() is var port && port + BusPortAbove <= MaxPort) { return port; }
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Bff.ClusterTests.Deploy;

namespace Bff.ClusterTests.Running;

/// <summary>HAProxy with the file that compose.cluster.yml gives it; the nodes are a test's, in place of those it would find by name.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/haproxy";

    private readonly ConcurrentQueue<string> _said = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-balancer-").FullName;
    private readonly ProgramProcess _process;

    private Balancer(IReadOnlyList<ClusterNode> nodes)
    {
        File.Exists(Program).ShouldBeTrue($"{Program} is not installed; test.sh does it");
        var port = FreePort.Find();
        Address = new Uri($"http://localhost:{port}");
        var servers = nodes.Select((node, number) => $"server node{number + 1} {node.Address.Host}:{node.Address.Port} port {node.OpsAddress.Port}");
        var text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "cluster", "haproxy.cfg"));
        text = Replaced(text, "server-template node 20 bff:3001 resolvers compose init-addr none", string.Join("\n    ", servers));
        text = Replaced(text, "bind :3001", $"bind 127.0.0.1:{port}");
        text = Replaced(text, "\nglobal\n", $"\nglobal\n    stats socket {Socket}\n");
        var file = Path.Combine(_folder, "haproxy.cfg");
        File.WriteAllText(file, text);
        _process = new ProgramProcess(new ProcessStartInfo(Program, ["-db", "-f", file]), _said.Enqueue, _said.Enqueue);
    }

    public static async Task<Balancer> StartAsync(IReadOnlyList<ClusterNode> nodes)
    {
        var balancer = new Balancer(nodes);
        await Eventually.HappensAsync(() => balancer._process.HasExited || File.Exists(balancer.Socket), "HAProxy starts");
        balancer._process.HasExited.ShouldBeFalse(string.Join('\n', balancer._said));
        return balancer;
    }

    /// <summary>Where browsers call.</summary>
    public Uri Address { get; }

    private string Socket => Path.Combine(_folder, "haproxy.sock");

    /// <summary>How many nodes it sends calls to.</summary>
    public async Task<int> CountNodesAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes("show servers state bff\n"));
        using var reader = new StreamReader(stream);
        const int running = 2, state = 5;   // the sixth word of each server's line; a first line is the version
        return (await reader.ReadToEndAsync()).Split('\n').Select(line => line.Split(' '))
            .Count(words => words.Length > state && words[1] == "bff" && words[state] == $"{running}");
    }

    private static string Replaced(string text, string what, string with)
    {
        text.ShouldContain(what);
        return text.Replace(what, with, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Bff.Benchmarks.Load;
using Bff.Benchmarks.Roles;
using Bff.Faults;

namespace Bff.Benchmarks.Measuring;

/// <summary>
/// What Bff takes at rest, with many sessions it has called for, and with open event streams; and what the framework alone takes for those. Resident memory as
/// the kernel counts it: as it is then, and after a full collection that gives back what it can.
/// </summary>
internal sealed class MemoryMeasure(BenchmarkOptions options, Bench bench)
{
    private const int Sessions = 100_000, Streams = 4_000, FirstStreams = 1_000, Callers = 16, FewCalls = 100;
    private const string SessionsKind = "sessions", StreamsKind = "streams";

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    private readonly List<string[]> _rows = [];

    private sealed record Memory(long Resident, long ResidentAfter, TimeSpan Cpu);

    public static readonly string[] Kinds = [SessionsKind, StreamsKind];

    /// <returns>A table.</returns>
    public async Task<string> RunAsync(IReadOnlyCollection<string> kinds)
    {
        bench.Scenario = "memory";
        if (kinds.Contains(SessionsKind)) { await MeasureSessionsAsync(); }
        if (kinds.Contains(StreamsKind)) { await MeasureStreamsAsync(); }
        return $"""
            {Report.Machine()}

            | | MB | MB after a full collection | MB live | KB each | KB each after | CPU µs each |
            |---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', _rows.Select(row => "| " + string.Join(" | ", row) + " |"))}
            """;
    }

    /// <summary>All copies count for as long as this takes.</summary>
    private async Task MeasureSessionsAsync()
    {
        string[] settings = ["Bff:Sessions:CacheLifetime=00:01:00", "Bff:Sessions:CacheLifetimeDuringOutage=01:00:00", .. options.Settings];
        await using var world = await World.StartAsync(bench, settings, http2: false, renewing: false, Sessions);
        var cookies = await File.ReadAllLinesAsync(world.CookieFile);
        var bff = (await world.FindAsync(Contender.Sqlite))!;
        await CallAsync(bff.Port, cookies[..FewCalls]);
        var rest = await ReadAsync("at rest, some calls after the start", bff.ProcessId, null, 0);
        await CallAsync(bff.Port, cookies);
        await ReadAsync($"{Sessions:N0} sessions, each called once", bff.ProcessId, rest, Sessions);
    }

    private async Task MeasureStreamsAsync()
    {
        await using (var world = await World.StartAsync(bench, options.Settings, http2: false, renewing: false, Streams))
        {
            var cookies = await File.ReadAllLinesAsync(world.CookieFile);
            var bff = (await world.FindAsync(Contender.Sqlite))!;
            await CallAsync(bff.Port, cookies[..FewCalls]);
            await MeasureStreamsAsync("Bff", bff.Port, bff.ProcessId, cookies);
        }

        await using var bare = await Role.StartAsync("streams");
        await MeasureStreamsAsync("the framework alone", bare.Port, bare.Id, [.. Enumerable.Repeat("", Streams)]);
    }

    private async Task MeasureStreamsAsync(string who, int port, int process, string[] cookies)
    {
        // Some before: what the first need, such as compiled code, is needed once.
        foreach (var cookie in cookies[..FirstStreams])
        {
            using var first = await OpenAsync(port, cookie);
        }

        var rest = await ReadAsync($"{who}, before the streams", process, null, 0);
        var open = new List<Socket>();
        foreach (var cookie in cookies) { open.Add(await OpenAsync(port, cookie)); }
        await ReadAsync($"{who}, {Streams:N0} event streams", process, rest, Streams);
        open.ForEach(socket => socket.Dispose());
    }

    private async Task<Memory> ReadAsync(string what, int process, Memory? before, int count)
    {
        await Pause.ForAsync(Settle);
        var (cpu, resident) = (ProcessUsage.CpuOf(process), ProcessUsage.ResidentBytesOf(process));
        var live = ProcessUsage.Of(process, StartupHook.Compact).LiveBytes;
        var memory = new Memory(resident, ProcessUsage.ResidentBytesOf(process), ProcessUsage.CpuOf(process));
        bench.Say($"{what}: {resident / 1e6:F0} MB, {memory.ResidentAfter / 1e6:F0} MB after a full collection, {live / 1e6:F0} MB live");
        _rows.Add(
        [
            what, $"{resident / 1e6:F0}", $"{memory.ResidentAfter / 1e6:F0}", $"{live / 1e6:F0}",
            before is null ? "" : $"{(resident - before.Resident) / 1e3 / count:F1}",
            before is null ? "" : $"{(memory.ResidentAfter - before.ResidentAfter) / 1e3 / count:F1}",
            before is null ? "" : $"{(cpu - before.Cpu).TotalMicroseconds / count:F0}",
        ]);
        return memory;
    }

    private static Task CallAsync(int port, IEnumerable<string> cookies) => Parallel.ForEachAsync(
        cookies, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (cookie, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{port}/api/json"));
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
            request.Headers.TryAddWithoutValidation("X-CSRF", "1");
            using var response = await Caller.Http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
        });

    private static async Task<Socket> OpenAsync(int port, string cookie)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /bff/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\r\n"));
        var (buffer, received) = (new byte[4096], "");
        while (!received.Contains("data:", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer);
            received += Encoding.UTF8.GetString(buffer, 0, read);
            if (read == 0 || !received.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) { throw new InvalidOperationException($"No stream: {received}"); }
        }

        return socket;
    }
}

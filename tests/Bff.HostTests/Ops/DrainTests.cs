using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.HostTests.Ops;

/// <summary>What a proxy in front sees of a node that was asked to stop: no connection that it could use again is closed under its hands.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan DrainFor = TimeSpan.FromMinutes(1);

    /// <summary>What is left of it when nobody new is let in any more.</summary>
    private static readonly TimeSpan Open = DrainFor - TimeSpan.FromSeconds(1);

    /// <summary>Of every kind of answer: where, and by which request.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { "proxied", "GET /plain/x" },
        { "proxied POST with a body", "POST /plain/x" },
        { "refused by a route", "GET /api/echo" },
        { "an own endpoint", "GET /bff/user" },
        { "a static file", "GET /bff/bff.js" },
        { "a redirect", "GET /bff/login" },
        { "nothing there", "GET /nowhere" },
        { "refused by the guard", "POST /bff/logout" },
        { "another host's name", "GET /bff/user host=other.example" },
        { "a probe", "ops GET /readyz" },
        { "refused by the ops port", "ops GET /nowhere" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_answer_of_the_drain_closes_its_connection_and_none_before(string kind, string request)
    {
        await using var world = await World.StartAsync(("Bff:Ops:DrainFor", $"{DrainFor}"));
        var at = request.StartsWith("ops ", StringComparison.Ordinal) ? world.Bff.OpsAddress : world.Bff.Address;
        using var before = await Connection.OpenAsync(at);
        (await before.AskAsync(request)).ShouldNotContain("Connection: close", Case.Insensitive, kind);

        var stopped = await world.Clock.StartsWaitAsync(Open, () => world.Bff.DisposeAsync().AsTask());

        (await before.AskAsync(request)).ShouldContain("Connection: close", Case.Insensitive, kind);
        (await before.IsClosedAsync()).ShouldBeTrue(kind);
        await world.RunAsync(AdvanceAsync(world, stopped));
    }

    [Fact]
    public async Task A_call_that_was_under_way_when_the_drain_began_closes_its_connection_too()
    {
        await using var world = await World.StartAsync(("Bff:Ops:DrainFor", $"{DrainFor}"));
        using var arrived = new SemaphoreSlim(0);
        using var go = new ManualResetEventSlim();
        world.Api.Answers = _ =>
        {
            arrived.Release();
            go.Wait(Eventually.Deadline);
        };
        using var connection = await Connection.OpenAsync(world.Bff.Address);
        var answer = connection.AskAsync("POST /plain/x");
        (await arrived.WaitAsync(Eventually.Deadline)).ShouldBeTrue();

        var stopped = await world.Clock.StartsWaitAsync(Open, () => world.Bff.DisposeAsync().AsTask());
        go.Set();

        (await answer).ShouldContain("Connection: close", Case.Insensitive);
        await world.RunAsync(AdvanceAsync(world, stopped));
    }

    [Fact]
    public async Task Over_HTTP_2_the_client_is_told_to_go_elsewhere_and_its_calls_are_answered()
    {
        await using var world = await World.StartAsync(
            ("Bff:Ops:DrainFor", $"{DrainFor}"), ("Kestrel:Endpoints:Main:Url", "http://127.0.0.1:0"), ("Kestrel:Endpoints:Main:Protocols", "Http2"));
        var connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (context, cancellationToken) =>
        {
            Interlocked.Increment(ref connections);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        } }) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        async Task<HttpStatusCode> AskAsync() => (await http.GetAsync(new Uri(world.Bff.Address, "/plain/x"))).StatusCode;
        (await AskAsync()).ShouldBe(HttpStatusCode.OK);
        (await AskAsync()).ShouldBe(HttpStatusCode.OK);
        connections.ShouldBe(1);

        var stopped = await world.Clock.StartsWaitAsync(Open, () => world.Bff.DisposeAsync().AsTask());

        (await AskAsync()).ShouldBe(HttpStatusCode.OK);   // its answer comes with GOAWAY
        await Eventually.HappensAsync(async () =>
        {
            try
            {
                return await AskAsync() == HttpStatusCode.OK && connections > 1;
            }
            catch (HttpRequestException error) when (error.InnerException is HttpProtocolException { ErrorCode: 0 })
            {
                return false;   // begun just when the connection was closed in good order (NO_ERROR): .NET's client leaves the repeat to its caller
            }
        }, "a connection of its own");
        await world.RunAsync(AdvanceAsync(world, stopped));
    }

    [Fact]
    public async Task Near_the_end_nobody_new_is_let_in_and_whoever_is_there_is_still_answered()
    {
        await using var world = await World.StartAsync(("Bff:Ops:DrainFor", $"{DrainFor}"));
        var at = world.Bff.Address;
        using var early = await Connection.OpenAsync(at);
        var stopped = await world.Clock.StartsWaitAsync(Open, () => world.Bff.DisposeAsync().AsTask());
        using var late = await Connection.OpenAsync(at);

        var closing = await world.Clock.StartsWaitAsync(TimeSpan.FromSeconds(1), () => AdvanceAsync(world, Open + TimeSpan.FromMilliseconds(300)));
        await closing;

        await Should.ThrowAsync<SocketException>(() => Connection.OpenAsync(at));
        (await early.AskAsync("POST /plain/x")).ShouldStartWith("HTTP/1.1 200");
        (await late.AskAsync("POST /plain/x")).ShouldStartWith("HTTP/1.1 200");
        stopped.IsCompleted.ShouldBeFalse();
        await world.RunAsync(stopped);
    }

    private static async Task AdvanceAsync(World world, Task stopped)
    {
        await AdvanceAsync(world, DrainFor);
        await stopped;
    }

    /// <summary>In steps, so that a wait which follows another is begun in between.</summary>
    private static async Task AdvanceAsync(World world, TimeSpan by)
    {
        for (var (step, end) = (TimeSpan.FromMilliseconds(500), world.Clock.Now + by); world.Clock.Now < end;)
        {
            world.Clock.Advance(end - world.Clock.Now < step ? end - world.Clock.Now : step);
            await Task.Yield();
        }
    }

    /// <summary>One connection that is kept alive as long as the server likes, as between two proxies.</summary>
    private sealed class Connection(TcpClient client) : IDisposable
    {
        private static readonly byte[] Body = new byte[10_000];

        public static async Task<Connection> OpenAsync(Uri at)
        {
            var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(IPAddress.Loopback, at.Port);
            return new(client);
        }

        /// <summary>One request; the head of its answer. The body is read and forgotten.</summary>
        public async Task<string> AskAsync(string request)
        {
            var words = request.Replace("ops ", "", StringComparison.Ordinal).Split(' ');
            var host = words.Length > 2 ? words[2].Split('=')[1] : "localhost";
            var body = words[0] == "POST" ? Body : [];
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{words[0]} {words[1]} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {body.Length}\r\n\r\n"));
            await stream.WriteAsync(body);
            var head = await RawClient.ReadHeadAsync(stream).WaitAsync(Eventually.Deadline, TimeProvider.System);
            await SkipBodyAsync(stream, head).WaitAsync(Eventually.Deadline, TimeProvider.System);
            return head;
        }

        public async Task<bool> IsClosedAsync() =>
            await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Eventually.Deadline, TimeProvider.System) == 0;

        private static async Task SkipBodyAsync(NetworkStream stream, string head)
        {
            var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            if (length is not null)
            {
                await stream.ReadExactlyAsync(new byte[int.Parse(length.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)]);
                return;
            }

            if (!head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase)) { return; }
            var read = new StringBuilder();
            var one = new byte[1];
            while (!read.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) { read.Append((char)one[0]); }
        }

        public void Dispose() => client.Dispose();
    }
}

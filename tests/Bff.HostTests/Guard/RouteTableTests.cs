using System.Net;
using System.Net.Sockets;
using Bff.Commands.Check;
using Bff.Guard;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Model;

namespace Bff.HostTests.Guard;

/// <summary>Walks the real route table of both ports, so an endpoint that is added later is tried by itself.</summary>
[Trait("Standard", "HARD-1")]
public sealed class RouteTableTests
{
    private const long FormBytes = 28_000_000;
    private const int AtOnce = 40;

    /// <summary>So that it is seen to be the whole table.</summary>
    private static readonly string[] Some = ["/bff/login", "/bff/renew", "/signin-oidc", "/signout-callback-oidc", "/healthz", "/sessions"];

    [Fact]
    public async Task No_endpoint_of_ours_fails_hangs_or_answers_for_another_host_whatever_a_stranger_sends()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "0"), ("Bff:RateLimits:Callback", "0"));
        var alice = await world.LogInAsync();
        var cookies = alice.Cookies.HeaderFor("localhost");
        var table = Table(world.Bff);
        Some.ShouldBeSubsetOf(table.Select(entry => entry.Path));

        foreach (var at in new[] { world.Bff.Address, world.Bff.OpsAddress })
        {
            foreach (var (path, methods) in table)
            {
                foreach (var (name, call) in Attacks(at, path, methods, cookies))
                {
                    var answer = await call();
                    answer.Status.ShouldBeInRange(200, 499, $"{at} {path} {name}: {answer.Text}");
                    if (name == "foreign host" && at == world.Bff.Address) { answer.Status.ShouldBe(400, path); }
                    var isScript = path.StartsWith("/bff/bff.js", StringComparison.Ordinal) && answer.Status == 200;   // it reads no body, whatever comes
                    if (name.StartsWith("form", StringComparison.Ordinal) && !isScript) { answer.Status.ShouldBeGreaterThanOrEqualTo(400, path); }
                    if (name == "unknown method") { answer.Status.ShouldBeOneOf([400, 401, 403, 404, 405]); }
                }
            }
        }

        world.Bff.Logs.Lines.Where(
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)).ShouldBeEmpty();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Nothing_is_buffered_for_a_stranger()
    {
        await using var walked = await World.StartAsync();
        var table = Table(walked.Bff);
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:RateLimits:SignIn"] = "0";
        world.Settings["Bff:RateLimits:Callback"] = "0";
        world.Settings["DOTNET_GCgen0size"] = "400000";   // what waits to be collected is not what is held
        await world.StartListeningAsync();
        foreach (var path in Paths()) { await AttackAsync(path, body: 20_000); }   // what a process needs to be at work
        var begun = world.Bff.PeakMemory;

        foreach (var path in Paths())
        {
            var before = world.Bff.PeakMemory;
            await AttackAsync(path, FormBytes);
            (world.Bff.PeakMemory - before).ShouldBeLessThan(20_000_000, $"{path} from {before}");
        }

        // All of it together, threads and compiled code included; one such round buffered is a thousand million bytes.
        (world.Bff.PeakMemory - begun).ShouldBeLessThan(100_000_000, $"from {begun}");

        IEnumerable<Uri> Paths() => new[] { world.Bff.Address, world.Bff.OpsAddress }.SelectMany(at => table.Select(entry => new Uri(at, entry.Path)));
    }

    /// <summary>Beneath the server's buffer is the socket's: what comes behind a request that waits is held there.</summary>
    [Fact]
    public async Task What_comes_behind_a_request_that_waits_is_not_read()
    {
        const int connections = 100;
        await using var world = await RealTimeWorld.StartAsync();
        await world.StartListeningAsync();
        for (var i = 0; i < connections; i++) { (await RawCall.GetAsync(world.Bff.Address, "/plain/x", "localhost")).Status.ShouldBe(200); }
        var before = world.Bff.PeakMemory;
        var junk = new byte[2_000_000];
        var clients = new List<TcpClient>();
        for (var i = 0; i < connections; i++)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync(IPAddress.Loopback, world.Bff.Address.Port);
            await client.GetStream().WriteAsync("GET /plain/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            (await RawClient.ReadHeadAsync(client.GetStream())).ShouldStartWith("HTTP/1.1 200");
        }

        // What the server does not take stays with the two ends of the network; when nothing moves any more, it has taken what it takes.
        var sent = clients.ConvertAll(client => SendAsync(client.Client, junk));
        (await Task.WhenAll(sent)).ShouldAllBe(bytes => bytes > 0);

        (world.Bff.PeakMemory - before).ShouldBeLessThan(connections * 500_000L);
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Sends until nothing has been taken for half a second.</summary>
    private static async Task<int> SendAsync(Socket socket, byte[] bytes)
    {
        var sent = 0;
        try
        {
            while (sent < bytes.Length)
            {
                using var stuck = new CancellationTokenSource(TimeSpan.FromMilliseconds(500), TimeProvider.System);
                sent += await socket.SendAsync(bytes.AsMemory(sent, Math.Min(16_384, bytes.Length - sent)), SocketFlags.None, stuck.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // It is full.
        }

        return sent;
    }

    private static async Task AttackAsync(Uri url, long body)
    {
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => RawCall.SendAsync(url, Form("POST", url.AbsolutePath, body), body)));
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => RawCall.SendAsync(url, Chunked("POST", url.AbsolutePath), body, chunked: true)));
    }

    [Fact]
    public async Task Our_paths_lie_where_no_route_can_get_and_each_is_one_address()
    {
        await using var world = await World.StartAsync(("Bff:Spa:Url", "http://localhost:9"));
        var ops = new[] { "/healthz", "/readyz", "/metrics", "/sessions", "/api/{**rest}" };
        foreach (var endpoint in Endpoints(world.Bff).Where(endpoint => endpoint.DisplayName?.Contains("/bff", StringComparison.Ordinal) == true))
        {
            endpoint.RoutePattern.Parameters.ShouldBeEmpty(endpoint.DisplayName);
            OwnPaths.Has("/" + endpoint.RoutePattern.RawText!.Trim('/')).ShouldBeTrue(endpoint.DisplayName);
        }

        ops.ShouldAllBe(path => !OwnPaths.Has(path));
    }

    private static IEnumerable<(string Name, Func<Task<RawCall>> Call)> Attacks(Uri at, string path, IReadOnlyList<string> methods, string cookies)
    {
        string[] signedIn = ["X-CSRF: 1", "Cookie: " + cookies];
        foreach (var method in methods.Append("POST").Distinct())
        {
            yield return ($"form {method}", () => RawCall.SendAsync(at, Form(method, path, FormBytes), FormBytes));
            yield return ($"endless {method}", () => RawCall.SendAsync(at, Chunked(method, path), FormBytes, chunked: true));
        }

        yield return ("long query", () => RawCall.GetAsync(at, path + "?returnUrl=/" + new string('q', 100_000), "localhost", signedIn));
        yield return ("large cookies", () => RawCall.GetAsync(at, path, "localhost", "X-CSRF: 1",
            "Cookie: " + string.Join("; ", Enumerable.Range(0, 16).Select(i => $"c{i}={new string('c', 4_000)}"))));
        yield return ("unknown method",
            () => RawCall.SendAsync(at, $"BREW {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{string.Join("\r\n", signedIn)}"));
        yield return ("foreign host", () => RawCall.GetAsync(at, path, "evil.example", signedIn));
        yield return ("empty host", () => RawCall.GetAsync(at, path, "", signedIn));
        yield return ("no host", () => RawCall.SendAsync(at, $"GET {path} HTTP/1.1\r\nConnection: close"));
        yield return ("old", () => RawCall.SendAsync(at, $"GET {path} HTTP/1.0"));
    }

    private static string Form(string method, string path, long bytes) =>
        $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-CSRF: 1\r\nContent-Type: "
        + $"application/x-www-form-urlencoded\r\nContent-Length: {bytes}";

    private static string Chunked(string method, string path) =>
        $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-CSRF: 1\r\nContent-Type: "
        + "application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked";

    private static List<(string Path, IReadOnlyList<string> Methods)> Table(BffHost host) =>
    [
        .. Endpoints(host).GroupBy(endpoint => PathOf(endpoint.RoutePattern)).Select(group => (group.Key, (IReadOnlyList<string>)
            [.. group.SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Distinct()])),
    ];

    private static IEnumerable<RouteEndpoint> Endpoints(BffHost host) =>
        host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is null);

    private static string PathOf(Microsoft.AspNetCore.Routing.Patterns.RoutePattern pattern) =>
        "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
}

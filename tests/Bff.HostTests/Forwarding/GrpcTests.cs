using Grpc.Core;
using Grpc.Net.Client;

namespace Bff.HostTests.Forwarding;

/// <summary>gRPC through the proxy, with Microsoft's client and server, to an API that wants a proof with each call (RFC 9449).</summary>
public sealed class GrpcTests
{
    [Fact]
    [Trait("Standard", "RFC9449-1")]
    public async Task A_call_a_stream_and_a_conversation_go_with_a_proof()
    {
        await using var test = await StartAsync();

        (await test.GreetAsync("alice")).ShouldBe("Hello alice");
        (await test.CountAsync("sheep")).ShouldBe(["sheep 1", "sheep 2", "sheep 3"]);
        (await test.TalkAsync("one", "two")).ShouldBe(["You said one", "You said two"]);

        test.Api.Refusals.ShouldBeEmpty();
        var service = test.Api.Address + "/test.Greeter/";
        test.Api.Proofs.Taken.Select(proof => proof.GetPayloadValue<string>("htu"))
            .ShouldBe([service + "Greet", service + "Count", service + "Talk"]);
    }

    [Theory]
    [InlineData("Greet")]
    [InlineData("Count")]
    [InlineData("Talk")]
    [Trait("Standard", "RFC9449-4")]
    public async Task One_that_meets_a_new_nonce_reached_nobody_and_the_caller_may_send_it_again(string method)
    {
        await using var test = await StartAsync();
        await test.CallAsync(method);
        var messages = test.Api.Messages.Count;
        test.Api.Proofs.Nonce = "nonce-of-the-service";

        var refused = await Should.ThrowAsync<RpcException>(() => test.CallAsync(method));

        // What clients of gRPC repeat by themselves where their policy says so; the service has seen nothing of it.
        refused.StatusCode.ShouldBe(StatusCode.Unavailable);
        test.Api.Messages.Count.ShouldBe(messages);
        test.Api.Refusals.ShouldBe([ProofChecker.NonceWanted]);
        await test.CallAsync(method);
        test.Api.Refusals.Count.ShouldBe(1);
    }

    private static async Task<Test> StartAsync()
    {
        GrpcApi? api = null;
        var port = FreePort.Find();
        var world = await World.StartPreparedAsync(async world =>
        {
            world.Provider.Proofs = new(world.Clock);
            api = await GrpcApi.StartAsync(world.Provider, world.Clock);
            const string Route = "ReverseProxy:Routes:grpc", Cluster = "ReverseProxy:Clusters:grpc";
            foreach (var (key, value) in new[]
            {
                ("Bff:Oidc:TokenType", "DPoP"),
                ("Kestrel:Endpoints:Main:Url", $"http://127.0.0.1:{FreePort.Find()}"),
                ("Kestrel:Endpoints:Other:Url", $"http://127.0.0.1:{port}"),
                ("Kestrel:Endpoints:Other:Protocols", "Http2"),
                (Cluster + ":Destinations:one:Address", api.Address),
                (Cluster + ":HttpRequest:Version", "2"),
                (Cluster + ":HttpRequest:VersionPolicy", "RequestVersionExact"),
                (Route + ":ClusterId", "grpc"),
                (Route + ":Match:Path", "/test.Greeter/{**rest}"),
                (Route + ":Metadata:Bff.Token", "User"),
                (Route + ":AuthorizationPolicy", "default"),
            })
            {
                world.Set(key, value);
            }
        });
        return new(world, api!, await world.LogInAsync(), port);
    }

    /// <summary>A client with the session of a browser.</summary>
    private sealed class Test(World world, GrpcApi api, Browser alice, int port) : IAsyncDisposable
    {
        private readonly GrpcChannel _channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{port}", new() { HttpHandler = new SocketsHttpHandler { UseCookies = false }, DisposeHttpClient = true });

        public GrpcApi Api => api;

        private CallOptions Options => new(
            new() { { "cookie", alice.Cookies.HeaderFor("localhost") }, { "x-csrf", "1" }, { "origin", Browser.SpaOrigin } });

        public Task CallAsync(string method) => method switch
        {
            "Greet" => GreetAsync("alice"),
            "Count" => CountAsync("sheep"),
            _ => TalkAsync("one", "two"),
        };

        public async Task<string> GreetAsync(string message) =>
            await _channel.CreateCallInvoker().AsyncUnaryCall(GrpcApi.Greeter.Greet, host: null, Options, message);

        public async Task<List<string>> CountAsync(string message)
        {
            using var call = _channel.CreateCallInvoker().AsyncServerStreamingCall(GrpcApi.Greeter.Count, host: null, Options, message);
            return await call.ResponseStream.ReadAllAsync().ToListAsync();
        }

        public async Task<List<string>> TalkAsync(params string[] messages)
        {
            using var call = _channel.CreateCallInvoker().AsyncDuplexStreamingCall(GrpcApi.Greeter.Talk, host: null, Options);
            var answers = new List<string>();
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message);
                (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
                answers.Add(call.ResponseStream.Current);
            }

            await call.RequestStream.CompleteAsync();
            (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeFalse();
            return answers;
        }

        public async ValueTask DisposeAsync()
        {
            _channel.Dispose();
            await world.DisposeAsync();
            await api.DisposeAsync();
        }
    }
}

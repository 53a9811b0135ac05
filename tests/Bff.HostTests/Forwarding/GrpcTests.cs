using Bff.Sessions;
using Bff.Sessions.Store;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    [Trait("Standard", "ASVS-4")]
    public async Task A_conversation_goes_on_through_renewals_and_ends_with_a_status_when_its_session_ends_at_another_node()
    {
        await using var test = await StartAsync();
        using var talk = test.Begin();
        for (var renewals = 0; renewals <= 3; renewals++)
        {
            await test.World.AdvanceUntilAsync(() => test.World.Provider.Refreshes >= renewals, within: TimeSpan.FromMinutes(6));
            await talk.RequestStream.WriteAsync($"message {renewals}");
            (await talk.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            talk.ResponseStream.Current.ShouldBe($"You said message {renewals}");
        }

        test.EndSessionElsewhere();

        // The clock stands still: it takes no second.
        var ended = await Should.ThrowAsync<RpcException>(
            () => talk.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Deadline, TimeProvider.System));
        (ended.StatusCode, ended.Status.Detail).ShouldBe((StatusCode.Unauthenticated, "session_ended"));
    }

    [Fact]
    public async Task A_quiet_conversation_ends_after_the_time_of_its_route_and_takes_a_place_until_then()
    {
        await using var test = await StartAsync(("Bff.StreamActivityTimeout", "10m"), ("Bff.MaxConnectionsPerSession", "1"));
        using var talk = test.Begin();
        await talk.RequestStream.WriteAsync("one");
        (await talk.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        (await Should.ThrowAsync<RpcException>(() => test.GreetAsync("alice"))).StatusCode.ShouldBe(StatusCode.Unavailable);   // 429

        await test.World.AdvanceAsync(TimeSpan.FromSeconds(595));
        test.World.Clock.Advance(TimeSpan.FromSeconds(5));   // no further: who is told has a second of this clock
        var ended = await Should.ThrowAsync<RpcException>(
            () => talk.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Deadline, TimeProvider.System));
        (ended.StatusCode, ended.Status.Detail).ShouldBe((StatusCode.Unavailable, "idle_timeout"));
        await Eventually.HappensAsync(async () => await test.GreetAsync("alice").ContinueWith(greeted => greeted.IsCompletedSuccessfully));
    }

    private static async Task<Test> StartAsync(params (string Key, string Value)[] metadata)
    {
        GrpcApi? api = null;
        var port = FreePort.Find();
        var world = await World.StartPreparedAsync(async world =>
        {
            world.Provider.Proofs = new(world.Clock);
            api = await GrpcApi.StartAsync(world.Provider, world.Clock);
            const string Route = "ReverseProxy:Routes:grpc", Cluster = "ReverseProxy:Clusters:grpc";
            foreach (var (key, value) in new List<(string, string)>
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
            }.Concat(metadata.Select(entry => ($"{Route}:Metadata:{entry.Key}", entry.Value))))
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

        public World World => world;

        public GrpcApi Api => api;

        private CallOptions Options => new(
            new() { { "cookie", alice.Cookies.HeaderFor("localhost") }, { "x-csrf", "1" }, { "origin", Browser.SpaOrigin } });

        public AsyncDuplexStreamingCall<string, string> Begin() =>
            _channel.CreateCallInvoker().AsyncDuplexStreamingCall(GrpcApi.Greeter.Talk, host: null, Options);

        public void EndSessionElsewhere()
        {
            SessionKey.TryRead(alice.Session, out var id).ShouldBeTrue();
            world.Bff.Services.GetRequiredService<SessionChanges>().Publish(new SessionChange(id, DueAt: null, EndReasons.SignedOut, Remote: true));
        }

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
            using var call = Begin();
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

using System.Net;
using Bff.HostTests;

namespace Bff.ClusterTests.Login;

/// <summary>Two processes on one PostgreSQL server, and a provider's server that knows the address of one.</summary>
public sealed class BackChannelTests(PostgreSqlFixture postgres)
{
    /// <summary>A second, and what a busy machine adds; without a notification it would be five.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task A_logout_at_one_node_ends_calls_streams_sockets_and_gRPC_at_the_other_and_counts_once_on_both()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = await postgres.Server.CreateDatabaseAsync();
        await world.StartListeningAsync();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        world.Settings["Kestrel:EndpointDefaults:Protocols"] = "Http2";   // as gRPC needs it; all else goes by it as well
        var there = await world.Start().ListeningAsync();
        using var other = At(there, world, HttpVersion.Version20);
        other.Cookies.Set(Browser.SessionCookie, alice.Session!);
        await using var socket = await OpenCall.WebSocketAsync(other, there.Address, "/api/socket", HttpVersion.Version20);
        await using var grpc = await OpenCall.StreamAsync(other, "/api/grpc");
        await using var stream = await OpenCall.StreamAsync(other, "/api/stream");
        await using var events = await OpenCall.StreamAsync(other, "/api/events", "text/event-stream");
        (await other.GetAsync("/api/echo")).Body.ShouldBe("alice");
        var token = world.Provider.LogoutToken("alice");

        using (var server = At(world.Bff, world, HttpVersion.Version11)) { (await SendAsync(server, token)).Status.ShouldBe(HttpStatusCode.OK); }

        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await Task.WhenAll(socket.EndsAsync(Soon), grpc.EndsAsync(Soon), stream.EndsAsync(Soon), events.EndsAsync(Soon));
        (socket.End, grpc.End, stream.End, events.End).ShouldBe(("1008 session_ended", "16 session_ended", null, "complete"));
        (await other.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
        using (var server = At(there, world, HttpVersion.Version20)) { (await SendAsync(server, token)).Status.ShouldBe(HttpStatusCode.BadRequest); }
        await Eventually.HappensAsync(() => world.Provider.Grants[0].Over, "the refresh token is revoked");
        world.Provider.Grants[1].Over.ShouldBeFalse();
    }

    private static Browser At(BffProcess node, RealTimeWorld world, Version version) =>
        new(() => node.Address, world.Provider.Issuer, TimeProvider.System) { Version = version };

    private static async Task<Answer> SendAsync(Browser server, string token)
    {
        var request = server.Bare(HttpMethod.Post, "/bff/backchannel");
        request.Content = new FormUrlEncodedContent([new("logout_token", token)]);
        return await server.SendAsync(request);
    }
}

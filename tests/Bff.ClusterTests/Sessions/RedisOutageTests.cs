using System.Net;
using Bff.ClusterTests.Redis;
using Bff.HostTests;

namespace Bff.ClusterTests.Sessions;

/// <summary>Whole processes on a real Redis that is not there, or goes, or cannot be used.</summary>
public sealed class RedisOutageTests
{
    [Fact]
    public async Task A_server_that_comes_after_the_start_or_comes_back_empty_is_prepared_and_used()
    {
        await using var server = await RedisServer.StartAsync();
        server.Kill();
        await using var world = await WorldOnAsync(server);
        await world.StartListeningAsync();
        using var http = new HttpClient();
        var ready = new Uri(world.Bff.OpsAddress, "/readyz");
        (await http.GetAsync(ready)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/healthz"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.ResumeAsync();

        await Eventually.HappensAsync(async () => (await http.GetAsync(ready)).StatusCode == HttpStatusCode.OK);
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        server.Kill();
        await server.ResumeAsync();
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/api/echo")).Status == HttpStatusCode.Unauthorized);
        world.Bff.Output.Split("The session store has lost sessions, and is prepared anew").Length.ShouldBe(2, "it is told once");
        using var again = await world.LogInAsync();
        (await again.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    public async Task Copies_serve_while_the_server_is_away_and_nobody_is_signed_out(string how)
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        await using var world = await WorldOnAsync(server);
        world.Settings["Bff:Sessions:CacheLifetimeDuringOutage"] = "00:10:00";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        if (how == "killed") { server.Kill(); }
        else { server.Freeze(); }

        for (var call = 0; call < 20; call++) { (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice"); }
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "store_unavailable");
        if (how == "killed") { await server.ResumeAsync(); }
        else { server.Thaw(); }

        await Eventually.HappensAsync(async () => (await alice.PostAsync("/bff/renew")).Status == HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Bff.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_sign_out_at_one_node_is_one_at_the_other()
    {
        await using var server = await RedisServer.StartAsync();
        await using var world = await WorldOnAsync(server);
        world.Settings["Bff:Sessions:CacheLifetime"] = "00:00:30";   // its copy does not end by itself before somebody has lost patience
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        var there = await world.Start().ListeningAsync();
        using var other = new Browser(() => there.Address, world.Provider.Issuer, TimeProvider.System);
        other.Cookies.Set(Browser.SessionCookie, alice.Session!);
        (await other.GetAsync("/api/echo")).Body.ShouldBe("alice");

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);

        await Eventually.HappensAsync(
            async () => (await other.GetAsync("/api/echo")).Status == HttpStatusCode.Unauthorized, patience: TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_server_that_evicts_ends_the_start_and_the_commands_say_what_to_do()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        await using var world = await WorldOnAsync(server);
        var start = await world.RunAsync();
        start.ExitCode.ShouldBe(78);
        start.Output.ShouldContain("its maxmemory-policy is allkeys-lru");
        start.Output.ShouldNotContain("   at ");

        var check = await world.RunAsync("check");
        check.ExitCode.ShouldBe(78);
        check.Output.ShouldContain("its maxmemory-policy is allkeys-lru");
    }

    [Fact]
    public async Task The_commands_work_with_it_and_a_backup_is_the_servers_own()
    {
        await using var server = await RedisServer.StartAsync();
        await using var world = await WorldOnAsync(server);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        var check = await world.RunAsync("check");
        check.Output.ShouldContain("written, read and deleted");
        check.Output.ShouldContain("Set appendonly yes.");
        var backup = await world.RunAsync("backup", "file");
        backup.ExitCode.ShouldBe(1);
        backup.Output.ShouldContain("The sessions are in Redis (Bff:Sessions:Store)");
        backup.Output.ShouldContain("redis-cli --rdb FILE");
        (await world.RunAsync("keys", "list")).ExitCode.ShouldBe(0);
        world.Bff.Output.ShouldContain("Redis keeps neither an append-only file nor snapshots");
    }

    private static async Task<RealTimeWorld> WorldOnAsync(RedisServer server)
    {
        var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "Redis";
        world.Settings["Bff:Sessions:ConnectionString"] = server.ConnectionString;
        return world;
    }
}

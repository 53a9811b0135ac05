using System.Net;
using Bff.HostTests;
using Bff.Sessions.Store;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bff.ClusterTests.Renewal;

/// <summary>Two nodes on one PostgreSQL server, each with a clock of its own: where it stands still, nothing of that node happens any more.</summary>
public sealed class LostNodeTests(PostgreSqlFixture postgres)
{
    [Fact]
    public async Task What_a_lost_node_was_renewing_is_renewed_by_another_within_seconds_long_before_its_lease_ends()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var world = await World.StartAsync(
            ("Bff:Sessions:Store", "PostgreSql"), ("Bff:Sessions:ConnectionString", connection), ("Bff:Renewal:TokenTimeout", "00:00:30"));
        var (start, deadClock) = (world.Clock.Now, new TestClock());
        var lost = world.StartBff(deadClock);
        var alice = await world.LogInAsync(at: lost);
        await PassAsync(world, TimeSpan.FromSeconds(2));   // they know of each other

        world.Provider.Hang();
        var renewal = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1, "the node that dies begins a renewal");
        world.Provider.ComeBack();
        await PassAsync(world, TimeSpan.FromSeconds(4));

        var looks = 0;
        await Eventually.HappensAsync(
            async () =>
            {
                if (world.Provider.Refreshes < 2 && ++looks % 10 == 0) { await PassAsync(world, TimeSpan.FromSeconds(1)); }   // a beat that found the clock moved tries again
                return world.Provider.Refreshes == 2;
            },
            "the other one renews it");
        (world.Clock.Now - start).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(15));   // the lease is of 35
        var there = world.NewBrowser();
        there.Cookies.Set(Browser.SessionCookie, alice.Session!);
        await world.SendsNewestTokenAsync(there);
        NodesOf(world.Bff).Living.ShouldBe(1);

        // It was only paused: what it still has to say counts no more, and the others hear of it again.
        world.Provider.Faults.CutOff();
        await renewal;
        deadClock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HappensAsync(
            async () =>
            {
                await PassAsync(world, TimeSpan.FromSeconds(1));
                return NodesOf(world.Bff).Living == 2;
            },
            "it is heard of again");
        world.Provider.Reuses.ShouldBe(0);
        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_is_leased_is_found_by_an_index()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var world = await World.StartAsync(("Bff:Sessions:Store", "PostgreSql"), ("Bff:Sessions:ConnectionString", connection));
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await using var explain = new NpgsqlCommand(
            """
            INSERT INTO sessions (id, sid, subject, claims, created_at, ends_at, absolute_ends_at, version, tokens, due_at, not_before, failures, lease_owner,
                                  lease_until)
            SELECT 'id' || i, 'sid', 'alice', '[]', 0, 9e15, 9e15, 1, '', 1, 0, 0, CASE WHEN i % 1000 = 0 THEN repeat('a', 32) || '/' || i END, 0
            FROM generate_series(1, 20000) i;
            ANALYZE sessions;
            EXPLAIN (FORMAT TEXT) SELECT id FROM sessions
            WHERE lease_owner IS NOT NULL AND substr(lease_owner, 1, 33) = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/' FOR UPDATE SKIP LOCKED
            """,
            database);
        await using var reader = await explain.ExecuteReaderAsync();
        var plan = new List<string>();
        while (await reader.ReadAsync()) { plan.Add(reader.GetString(0)); }
        string.Join('\n', plan).ShouldContain("sessions_leased");
    }

    private static Heartbeat NodesOf(BffHost host) => host.Services.GetRequiredService<Heartbeat>();

    /// <summary>Second by second, so that each sign of life of the node that lives goes through.</summary>
    private static async Task PassAsync(World world, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Eventually.HappensAsync(() => NodesOf(world.Bff).HeardAt == world.Clock.GetTimestamp(), "it has said that it lives");
        }
    }
}

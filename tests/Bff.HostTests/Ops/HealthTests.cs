using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Ops;

public sealed class HealthTests
{
    [Fact]
    public async Task Everything_is_well_after_a_start()
    {
        await using var world = await World.StartAsync();

        (await ProbeAsync(world, "/healthz")).Status.ShouldBe(HttpStatusCode.OK);
        (await ProbeAsync(world, "/startupz")).Status.ShouldBe(HttpStatusCode.OK);
        var ready = await ProbeAsync(world, "/readyz");
        ready.Status.ShouldBe(HttpStatusCode.OK);
        ready.Of("store").ShouldBe("Healthy");
        ready.Of("keys").ShouldBe("Healthy");
        ready.Of("provider").ShouldBe("Healthy");
    }

    [Fact]
    public async Task A_provider_that_was_never_seen_makes_Bff_unready_but_not_dead()
    {
        await using var world = await World.StartAsync();
        world.Provider.GoDown();

        var ready = await ProbeAsync(world, "/readyz");
        ready.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ready.Of("provider").ShouldBe("Unhealthy");
        ready.Of("store").ShouldBe("Healthy");
        (await ProbeAsync(world, "/healthz")).Status.ShouldBe(HttpStatusCode.OK);
        (await ProbeAsync(world, "/startupz")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromSeconds(5));
        await BecomesReadyAsync(world);
    }

    [Fact]
    public async Task A_provider_that_goes_down_later_harms_no_probe()
    {
        await using var world = await World.StartAsync();
        (await ProbeAsync(world, "/readyz")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));

        await BecomesReadyAsync(world);
        (await ProbeAsync(world, "/healthz")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_makes_Bff_unready_but_not_dead()
    {
        await using var world = await World.StartAsync();
        world.Execute("ALTER TABLE sessions RENAME TO hidden");

        var ready = await ProbeAsync(world, "/readyz");
        ready.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ready.Of("store").ShouldBe("Unhealthy");
        (await ProbeAsync(world, "/healthz")).Status.ShouldBe(HttpStatusCode.OK);

        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        (await ProbeAsync(world, "/readyz")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keys_that_are_gone_make_Bff_unready()
    {
        await using var world = await World.StartAsync();
        Directory.Move(Path.Combine(world.Folder, "keys"), Path.Combine(world.Folder, "elsewhere"));

        (await ProbeAsync(world, "/readyz")).Of("keys").ShouldBe("Unhealthy");
    }

    [Fact]
    public async Task Probes_leave_no_line_in_the_log_whether_they_succeed_or_not()
    {
        await using var world = await World.StartAsync();
        await ProbeAsync(world, "/readyz");
        var before = world.Bff.Logs.Lines.Count;

        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        foreach (var path in new[] { "/healthz", "/startupz", "/readyz" }) { await ProbeAsync(world, path); }
        world.Execute("ALTER TABLE hidden RENAME TO sessions");

        world.Bff.Logs.Lines.Skip(before).Where(line => !line.Contains(" scope ") && !line.Contains("StoreHealth")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Asked_to_stop_Bff_is_unready_first_and_answers_and_renews_until_it_has_drained()
    {
        await using var world = await World.StartAsync(("Bff:Ops:DrainFor", "00:01:00"));
        world.Provider.Lifetime = TimeSpan.FromSeconds(60);
        var alice = await world.LogInAsync();
        (await ProbeAsync(world, "/readyz")).Status.ShouldBe(HttpStatusCode.OK);

        var stopped = await world.Clock.StartsWaitAsync(TimeSpan.FromSeconds(59), () => world.Bff.DisposeAsync().AsTask());

        (await ProbeAsync(world, "/readyz")).Of("drain").ShouldBe("Unhealthy");
        (await ProbeAsync(world, "/healthz")).Status.ShouldBe(HttpStatusCode.OK);
        await world.AdvanceAsync(TimeSpan.FromSeconds(50));
        world.Provider.Refreshes.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        stopped.IsCompleted.ShouldBeFalse();

        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.RunAsync(stopped);
        await Should.ThrowAsync<HttpRequestException>(ProbeAsync(world, "/healthz"));
    }

    [Fact]
    public async Task A_signal_lets_the_process_drain_and_end_in_good_order()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:DrainFor"] = "00:00:03";   // longer than a command line's usual patience with a signal
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        world.Bff.Terminate();

        using var http = new HttpClient();
        await Eventually.HappensAsync(
            async () => (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"))).StatusCode == HttpStatusCode.ServiceUnavailable);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await world.Bff.ExitCodeAsync()).ShouldBe(0);
        world.Bff.Output.ShouldContain("not ready any more");
    }

    private sealed record Probe(HttpStatusCode Status, JsonElement Body)
    {
        public string? Of(string check) => Body.GetProperty("checks").GetProperty(check).GetProperty("status").GetString();
    }

    /// <summary>After the clock was moved: a probe may be given the result of one that was under way then, whose time ran out with it.</summary>
    private static Task BecomesReadyAsync(World world) =>
        Eventually.HappensAsync(async () => (await ProbeAsync(world, "/readyz")).Status == HttpStatusCode.OK, "it is ready");

    private static async Task<Probe> ProbeAsync(World world, string path)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(world.Bff.OpsAddress, path));
        return new(answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}

using System.Text.Json;

namespace Bff.HostTests.Ops.Telemetry;

public sealed class AuditTests
{
    [Fact]
    public async Task A_sign_in_names_the_user_and_a_sign_out_the_same_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);

        var lines = Lines(world).Where(line => line.Event is not "key_added").ToList();
        lines.Select(line => line.Event).ShouldBe(["sign_in", "sign_out"]);
        lines[0].Of("User").ShouldBe("alice");
        lines[1].Of("By").ShouldBe("user");
        lines[1].Of("Session").ShouldBe(lines[0].Of("Session"));
    }

    [Fact]
    public async Task A_second_sign_in_of_one_browser_replaces_the_first_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.OpenAsync("/bff/login?login_hint=alice");

        var ended = Lines(world).Single(line => line.Event == "session_ended");
        (ended.Of("By"), ended.Of("Reason")).ShouldBe(("replaced", "replaced"));
    }

    [Fact]
    public async Task A_renewal_the_provider_rejects_ends_the_session_by_the_provider()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Grant.Over = true;
        await alice.PostAsync("/bff/renew");

        Lines(world).Single(line => line.Event == "renewal_rejected").Of("Error").ShouldBe("invalid_grant");
        Lines(world).Single(line => line.Event == "session_ended").Of("By").ShouldBe("provider");
    }

    [Fact]
    public async Task A_session_that_runs_out_ends_by_timeout()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"));
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(12));

        await Eventually.HappensAsync(() => Lines(world).Any(line => line.Event == "session_ended"));
        var ended = Lines(world).Single(line => line.Event == "session_ended");
        (ended.Of("By"), ended.Of("Reason")).ShouldBe(("timeout", "idle_timeout"));
    }

    [Fact]
    public async Task A_new_key_is_told()
    {
        await using var world = await World.StartAsync();
        Lines(world).Single(line => line.Event == "key_added").Of("Key").ShouldNotBeNullOrEmpty();
    }

    private sealed record Line(JsonElement State)
    {
        public string Event => Of("Event")!;

        public string? Of(string name) => State.GetProperty(name).GetString();
    }

    private static List<Line> Lines(World world) => [.. world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.GetProperty("Category").GetString() == "Bff.Audit").Select(line => new Line(line.GetProperty("State")))];
}

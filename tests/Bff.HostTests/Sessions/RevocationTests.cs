using System.Net;

namespace Bff.HostTests.Sessions;

/// <summary>An end of a session has its last step (RFC 7009, RFC 9700 section 4.14).</summary>
public sealed class RevocationTests
{
    public static TheoryData<string> Ends =>
        ["signed_out", "session_ended", "idle_timeout", "absolute_timeout", "ended_by_admin", "ended_by_admin with all others"];

    [Theory]
    [MemberData(nameof(Ends))]
    [Trait("Standard", "HARD-12")]
    public async Task Whatever_ends_a_session_its_newest_refresh_token_is_revoked_once_on_either_node(string end)
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"), ("Bff:Sessions:AbsoluteTimeout", "00:20:00"));
        world.StartBff();
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        var grant = world.Provider.Grant;

        await EndAsync(world, alice, grant, end);

        await AdvanceUntilRevokedAsync(world, 1);
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Provider.Revocations.ShouldHaveSingleItem()["token"].ShouldBe(grant.RefreshToken);
        grant.Over.ShouldBeTrue();
        Kept(world).ShouldBe(0);
    }

    [Fact]
    public async Task A_provider_that_was_down_at_the_end_and_a_restart_only_delay_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        await Eventually.HappensAsync(() => world.Bff.Logs.Lines.Any(line => line.Contains("could not be revoked", StringComparison.Ordinal)));
        await world.RestartBffAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Provider.Revocations.ShouldBeEmpty();
        world.Provider.ComeBack();

        await AdvanceUntilRevokedAsync(world, 1);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
        await Eventually.HappensAsync(() => Kept(world) == 0);
    }

    [Fact]
    public async Task A_provider_that_is_down_for_more_than_a_day_is_asked_no_longer()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith("/revoke", 503, "down", "text/plain");
        await alice.PostAsync("/bff/logout");
        await Eventually.HappensAsync(() => world.Ask("SELECT forget_at FROM revocations") > 0 && Leased(world) == 0);
        world.Execute("UPDATE revocations SET forget_at = @now, due_at = 0");

        await world.AdvanceAsync(TimeSpan.FromSeconds(15));

        await Eventually.HappensAsync(() => Kept(world) == 0);
        await Eventually.HappensAsync(() => world.Bff.Logs.Lines.Any(line => line.Contains("are given up", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(400, """{"error":"unsupported_token_type"}""", 0)]
    [InlineData(401, """{"error":"invalid_client"}""", 1)]
    [InlineData(400, """{"error":"invalid_client"}""", 1)]
    [InlineData(404, "", 0)]
    [InlineData(404, "<html>no such page</html>", 1)]   // of an ingress without its upstream, for all we know
    [InlineData(400, "<html>bad request</html>", 1)]
    [InlineData(400, "{\"error\":\"slow_down\"}", 1)]
    [InlineData(400, "{\"error\":\"unauthorized_client\"}", 1)]
    [InlineData(400, "{\"error\":\"invalid_request\"}", 0)]
    [InlineData(429, "", 1)]
    public async Task Only_an_answer_that_settles_it_is_the_last(int status, string body, int kept)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith("/revoke", status, body, "application/json");
        await alice.PostAsync("/bff/logout");
        await Eventually.HappensAsync(() => world.Bff.Logs.Lines.Any(line => line.Contains("did not revoke a refresh token (HTTP ", StringComparison.Ordinal)));
        await Eventually.HappensAsync(() => kept == 0 ? Kept(world) == 0 : Leased(world) == 0);
        Kept(world).ShouldBe(kept);
    }

    [Fact]
    public async Task Nothing_is_kept_for_a_provider_that_revokes_nothing()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("revocation_endpoint");
        var alice = await world.LogInAsync();
        await alice.PostAsync("/bff/logout");
        Kept(world).ShouldBe(0);
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "OUT-5")]
    public async Task The_sign_out_waits_for_no_revocation()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.Hang("/revoke");

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);   // with the clock standing still
        world.Sessions.ShouldBe(0);
        world.Provider.Faults.CutOff();
    }

    [Fact]
    public async Task A_renewal_that_completes_after_the_end_leaves_one_refresh_token_to_revoke_the_newest()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.Hang();
        var renewal = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        using var ops = new OpsClient(world.Bff);
        (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await world.RunAsync(renewal);

        await AdvanceUntilRevokedAsync(world, 1);
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Revocations.ShouldHaveSingleItem()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
    }

    [Fact]
    public async Task An_answer_of_no_use_but_for_its_refresh_token_that_comes_after_the_end_is_revoked_too()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = "mac";
        world.Provider.Faults.Hang();
        var renewal = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        using var ops = new OpsClient(world.Bff);
        await ops.DeleteAsync("/sessions?user=alice");

        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await world.RunAsync(renewal);

        await AdvanceUntilRevokedAsync(world, 1);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
    }

    [Fact]
    public async Task What_a_silent_sign_in_replaces_is_revoked_with_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.RefreshToken;
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
        var second = world.Provider.Grant.RefreshToken;
        second.ShouldNotBe(first);

        await alice.PostAsync("/bff/logout");

        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Select(form => form["token"]).ShouldBe([first, second], ignoreOrder: true);
    }

    [Fact]
    public async Task What_a_silent_sign_in_brought_for_a_session_that_is_over_is_revoked()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.RefreshToken;
        var callback = await alice.GoToCallbackAsync("/bff/silent-login");
        await alice.PostAsync("/bff/logout");

        await alice.OpenAsync(callback);

        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Select(form => form["token"]).ShouldBe([first, world.Provider.Grant.RefreshToken], ignoreOrder: true);
        world.Provider.Grants.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_a_sign_in_brought_that_failed_is_revoked()
    {
        await using var world = await World.StartAsync();
        world.Provider.WriteIdToken = Jwt.Unsigned;
        await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice");
        await AdvanceUntilRevokedAsync(world, 1);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
    }

    [Fact]
    public async Task A_refresh_token_that_cannot_be_read_for_now_is_kept()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await alice.PostAsync("/bff/logout");
        await Eventually.HappensAsync(() => Kept(world) == 1 && Attempts(world) == 1 && Leased(world) == 0);
        world.Execute("UPDATE revocations SET tokens = zeroblob(100), due_at = 0");
        world.Provider.ComeBack();

        await world.AdvanceAsync(TimeSpan.FromSeconds(15));
        await Eventually.HappensAsync(() => Attempts(world) == 2 && Leased(world) == 0);
        Kept(world).ShouldBe(1);
        world.Provider.Revocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_replaced_session_is_revoked_when_its_user_has_no_other()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.RefreshToken;
        await alice.OpenAsync("/bff/login?login_hint=alice");
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Revocations.ShouldBeEmpty();
        Kept(world).ShouldBe(1);

        await alice.PostAsync("/bff/logout");
        await AdvanceUntilRevokedAsync(world, 1);
        world.Provider.Revocations.Single()["token"].ShouldNotBe(first);
        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Last()["token"].ShouldBe(first);
    }

    private static async Task EndAsync(World world, Browser alice, Grant grant, string end)
    {
        using var ops = new OpsClient(world.Bff);
        switch (end)
        {
            case "signed_out":
                await alice.PostAsync("/bff/logout");
                break;
            case "session_ended":
                grant.Over = true;
                await world.AdvanceAsync(world.Provider.Lifetime);
                break;
            case "idle_timeout":
                await world.AdvanceAsync(TimeSpan.FromMinutes(11));
                break;
            case "absolute_timeout":
                for (var minute = 0; minute < 20; minute += 5)
                {
                    await alice.GetAsync("/api/echo");
                    await world.AdvanceAsync(TimeSpan.FromMinutes(5));
                }

                await world.AdvanceAsync(TimeSpan.FromMinutes(1));
                break;
            case "ended_by_admin":
                (await ops.DeleteAsync("/sessions/" + (await ops.FindAsync("alice")).Single())).Status.ShouldBe(HttpStatusCode.OK);
                break;
            default:
                (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK);
                break;
        }
    }

    private static Task AdvanceUntilRevokedAsync(World world, int count) => Eventually.HappensAsync(async () =>
    {
        await world.SettleAsync();
        if (world.Provider.Revocations.Count < count) { await world.AdvanceAsync(TimeSpan.FromSeconds(15)); }
        return world.Provider.Revocations.Count >= count;
    }, $"{count} refresh tokens are revoked");

    private static long Kept(World world) => world.Ask("SELECT COUNT(*) FROM revocations");

    private static long Attempts(World world) => world.Ask("SELECT attempts FROM revocations");

    private static long Leased(World world) => world.Ask("SELECT COUNT(*) FROM revocations WHERE lease_owner IS NOT NULL");
}

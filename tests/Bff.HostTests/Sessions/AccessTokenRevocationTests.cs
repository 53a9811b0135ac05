using System.Net;
using Bff.HostTests.Forwarding;

namespace Bff.HostTests.Sessions;

/// <summary>Where the operator wants it, an end of a session takes its access token, too (RFC 7009).</summary>
[Trait("Standard", "OUT-6")]
public sealed class AccessTokenRevocationTests
{
    private static readonly (string, string?) Both = ("Bff:Oidc:RevokeAccessTokens", "true");

    public static TheoryData<string> Ends => ["signed_out", "idle_timeout", "ended_by_admin"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Whatever_ends_a_session_its_newest_tokens_are_good_for_nothing_afterwards(string end)
    {
        await using var world = await World.StartAsync(Both, ("Bff:Sessions:IdleTimeout", "00:10:00"));
        world.StartBff();
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        var grant = world.Provider.Grant;

        await EndAsync(world, alice, end);

        await AdvanceUntilRevokedAsync(world, 2);
        var first = world.Provider.Revocations.Take(2).ToList();
        first.Select(form => (form["token"], form["token_type_hint"]))
            .ShouldBe([(grant.RefreshToken!, "refresh_token"), (grant.AccessToken!.Value, "access_token")]);
        world.Provider.FindAccessToken(grant.AccessToken.Value).ShouldBeNull("an API that asks the provider refuses it");
        await world.SettleAsync();
        world.Ask("SELECT COUNT(*) FROM revocations").ShouldBe(0);
    }

    [Theory]
    [InlineData("User")]
    [InlineData("Exchange")]
    public async Task The_tokens_for_further_APIs_are_revoked_with_the_others(string token)
    {
        await using var apis = await SeveralApis.StartAsync(token, world => world.Set(Both.Item1, Both.Item2));
        var world = apis.World;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/billing/api/echo")).Body.ShouldBe("alice");
        var known = new[] { apis.OrdersApi.LastCall.Token!, apis.BillingApi.LastCall.Token!, world.Provider.Grant.AccessToken!.Value };

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);

        await AdvanceUntilRevokedAsync(world, 4);
        world.Provider.Revocations.First()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
        world.Provider.Revocations.Skip(1).Select(form => form["token"]).ShouldBe(known, ignoreOrder: true);
        known.ShouldAllBe(value => world.Provider.FindAccessToken(value) == null);
    }

    [Fact]
    public async Task One_for_an_API_that_comes_after_the_end_is_revoked_too()
    {
        await using var apis = await SeveralApis.StartAsync(prepare: world =>
        {
            world.Set(Both.Item1, Both.Item2);
            world.Provider.Rotates = false;
        });
        var world = apis.World;
        var alice = await world.LogInAsync();
        world.Provider.Faults.Hang();
        var call = alice.GetAsync("/orders/api/echo");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        using var ops = new OpsClient(world.Bff);
        (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        (await world.RunAsync(call)).ShouldBeProblem(401, "session_ended");

        await AdvanceUntilRevokedAsync(world, 3);
        world.Provider.Secrets.Where(secret => secret.Kind == "access token").Select(secret => secret.Value)
            .ShouldAllBe(value => world.Provider.FindAccessToken(value) == null);
    }

    [Fact]
    public async Task A_session_without_a_refresh_token_has_its_access_token_revoked()
    {
        await using var world = await StartWithoutRefreshTokensAsync();
        var alice = await world.LogInAsync();

        await alice.PostAsync("/bff/logout");

        await AdvanceUntilRevokedAsync(world, 1);
        world.Provider.Revocations.ShouldHaveSingleItem()["token_type_hint"].ShouldBe("access_token");
        world.Provider.FindAccessToken(world.Provider.Grant.AccessToken!.Value).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_has_expired_is_not_sent()
    {
        await using var world = await StartWithoutRefreshTokensAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(world.Provider.Lifetime);

        await alice.PostAsync("/bff/logout");

        world.Ask("SELECT COUNT(*) FROM revocations").ShouldBe(0);
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Revocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_provider_that_was_down_at_the_end_and_a_restart_only_delay_it()
    {
        await using var world = await World.StartAsync(Both);
        world.Provider.Lifetime = TimeSpan.FromHours(1);
        var alice = await world.LogInAsync();
        world.Provider.GoDown();

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        await Eventually.HappensAsync(() => world.Bff.Logs.Lines.Any(line => line.Contains("could not be revoked", StringComparison.Ordinal)));
        await world.RestartBffAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Provider.Revocations.ShouldBeEmpty();
        world.Provider.ComeBack();

        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Last()["token"].ShouldBe(world.Provider.Grant.AccessToken!.Value);
    }

    [Fact]
    public async Task A_provider_that_revokes_refresh_tokens_alone_is_asked_once_for_an_access_token_and_the_log_says_what_it_refused()
    {
        await using var world = await World.StartAsync(Both);
        world.Provider.RevokesNoAccessTokens = true;
        var alice = await world.LogInAsync();

        await alice.PostAsync("/bff/logout");

        await AdvanceUntilRevokedAsync(world, 2);
        await Eventually.HappensAsync(() => world.Ask("SELECT COUNT(*) FROM revocations") == 0);
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Revocations.Count.ShouldBe(2, "each token once: asking again would change nothing");
        world.Provider.Grant.Over.ShouldBeTrue();
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("did not revoke an access token (HTTP BadRequest)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sign_out_takes_the_tokens_of_its_own_session_and_leaves_those_of_the_users_other_one()
    {
        await using var world = await World.StartAsync(Both);
        var (desk, phone) = (await world.LogInAsync(), await world.LogInAsync());
        var (first, second) = (world.Provider.Grants[0], world.Provider.Grants[1]);

        await desk.PostAsync("/bff/logout");

        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Select(form => form["token"]).ShouldBe([first.RefreshToken!, first.AccessToken!.Value]);
        world.Provider.FindAccessToken(second.AccessToken!.Value).ShouldNotBeNull();
        (await phone.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_access_token_that_a_renewal_replaces_is_left_to_expire(bool isSilent)
    {
        await using var world = await World.StartAsync(Both);
        var alice = await world.LogInAsync();
        var old = world.Provider.Grant.AccessToken!.Value;

        if (isSilent) { (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok"); }
        else { (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK); }

        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Grant.AccessToken!.Value.ShouldNotBe(old);
        world.Provider.Revocations.ShouldNotContain(form => form["token"] == old);
        world.Provider.FindAccessToken(old).ShouldNotBeNull("a call that went with it may still be on its way");
    }

    [Fact]
    public async Task What_a_renewal_brings_after_the_end_is_revoked_too()
    {
        await using var world = await World.StartAsync(Both);
        var alice = await world.LogInAsync();
        world.Provider.Faults.Hang();
        var renewal = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        using var ops = new OpsClient(world.Bff);
        (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await world.RunAsync(renewal);

        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.Revocations.Select(form => form["token"])
            .ShouldBe([world.Provider.Grant.RefreshToken!, world.Provider.Grant.AccessToken!.Value]);
    }

    [Fact]
    public async Task What_a_sign_in_brought_that_failed_is_revoked_too()
    {
        await using var world = await World.StartAsync(Both);
        world.Provider.WriteIdToken = Jwt.Unsigned;
        await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice");
        await AdvanceUntilRevokedAsync(world, 2);
        world.Provider.FindAccessToken(world.Provider.Grant.AccessToken!.Value).ShouldBeNull();
    }

    [Fact]
    public async Task Nothing_is_kept_for_a_provider_that_revokes_nothing()
    {
        await using var world = await StartWithoutRefreshTokensAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("revocation_endpoint");
        var alice = await world.LogInAsync();
        await alice.PostAsync("/bff/logout");
        world.Ask("SELECT COUNT(*) FROM revocations").ShouldBe(0);
    }

    [Fact]
    public async Task Unless_the_operator_wants_it_no_access_token_is_sent()
    {
        await using var world = await World.StartAsync();
        world.Provider.WantsAccessTypeOffline = true;
        var alice = await world.LogInAsync();
        await alice.PostAsync("/bff/logout");
        world.Ask("SELECT COUNT(*) FROM revocations").ShouldBe(0);
        await world.AdvanceAsync(TimeSpan.FromSeconds(30));
        world.Provider.Revocations.ShouldBeEmpty();
    }

    private static Task<World> StartWithoutRefreshTokensAsync() => World.StartPreparedAsync(world =>
    {
        world.Set(Both.Item1, Both.Item2);
        world.Provider.WantsAccessTypeOffline = true;
    });

    private static async Task EndAsync(World world, Browser alice, string end)
    {
        using var ops = new OpsClient(world.Bff);
        switch (end)
        {
            case "signed_out": await alice.PostAsync("/bff/logout"); break;
            case "idle_timeout": await world.AdvanceAsync(TimeSpan.FromMinutes(11)); break;
            default: (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK); break;
        }
    }

    private static Task AdvanceUntilRevokedAsync(World world, int count) => Eventually.HappensAsync(async () =>
    {
        await world.SettleAsync();
        if (world.Provider.Revocations.Count < count) { await world.AdvanceAsync(TimeSpan.FromSeconds(15)); }
        return world.Provider.Revocations.Count >= count;
    }, $"{count} tokens are revoked");
}

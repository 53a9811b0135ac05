using System.Net;
using Bff.Providers.Named;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Providers;

public sealed class TwoProvidersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Each_signs_its_users_in_and_its_own_token_goes_with_their_calls()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var alice = await world.LogInAsync();
        var bob = await world.LogInAtAdminAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob");
        world.Api.LastCall.Token.ShouldBe(staff.Grant.AccessToken!.Value);
        world.Api.LastCall.Path.ShouldBe("/api/echo");
        staff.Authorizations.Single()["redirect_uri"].ShouldBe(new Uri(world.Bff.Address, "/admin/signin-oidc/staff").AbsoluteUri);
    }

    [Fact]
    public async Task Sessions_of_both_are_renewed_in_the_background()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        await world.LogInAsync();
        await world.LogInAtAdminAsync();

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes >= 2 && staff.Refreshes >= 2, Patience);

        world.Provider.Reuses.ShouldBe(0);
        staff.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_sign_out_leads_to_the_provider_of_the_session_and_revokes_there()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var alice = await world.LogInAsync();
        var bob = await world.LogInAtAdminAsync();

        var answer = await bob.PostAsync("/admin/bff/logout");
        var leads = new Uri(answer.Text("location")!);
        leads.GetLeftPart(UriPartial.Authority).ShouldBe(staff.Address);
        leads.Query.ShouldContain(Uri.EscapeDataString(new Uri(world.Bff.Address, "/admin/signout-callback-oidc/staff").AbsoluteUri));
        (await bob.OpenAsync(leads)).Location.ShouldBe(new Uri(Browser.SpaOrigin + "/"));
        await Eventually.HappensAsync(() => staff.Revocations.Count == 1, "the token is revoked where it came from");
        world.Provider.Revocations.ShouldBeEmpty();

        await alice.PostAsync("/bff/logout");
        await world.SeesRevocationAsync();
        staff.Revocations.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("/bff/login?provider=staff", true)]
    [InlineData("/bff/login?provider=default", false)]
    [InlineData("/bff/login?provider=", false)]
    [InlineData("/bff/login", false)]
    [InlineData("/bff/silent-login?provider=staff", true)]
    public async Task A_page_chooses_among_the_providers_of_its_front_end(string path, bool isStaff)
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"));
        await using var _ = world;
        using var browser = world.NewBrowser();

        var leads = (await browser.StepAsync(path)).Location!;

        leads.GetLeftPart(UriPartial.Authority).ShouldBe(isStaff ? staff.Address : world.Provider.Address);
        leads.Query.ShouldNotContain("provider=");
    }

    [Theory]
    [InlineData("/bff/login?provider=staff")]
    [InlineData("/bff/login?provider=nobody")]
    [InlineData("/bff/login?provider=Default")]
    [InlineData("/bff/login?provider=default&provider=default")]
    [InlineData("/bff/login?provider=default%20staff")]
    [InlineData("/admin/bff/login?provider=default")]
    [InlineData("/admin/bff/login?provider=..%2F")]
    public async Task Another_provider_is_refused(string path)
    {
        var (world, _) = await TwoProviders.StartAsync();
        await using var open = world;
        using var browser = world.NewBrowser();
        (await browser.GetAsync(path)).ShouldBeProblem(400, "unknown_provider");
    }

    [Fact]
    public async Task The_silent_page_is_told_of_a_provider_that_is_not_there()
    {
        var (world, _) = await TwoProviders.StartAsync();
        await using var open = world;
        using var browser = world.NewBrowser();
        (await browser.StepAsync("/bff/silent-login?provider=staff")).Location.ShouldBe(
            new Uri(Browser.SpaOrigin + "/silent?result=error&error=unknown_provider"));
    }

    [Theory]
    [InlineData("default staff", "staff", "provider=staff")]
    [InlineData("staff default", "default", "provider=default")]
    [InlineData("staff default", "staff", null)]
    public async Task The_way_back_after_a_failure_leads_to_the_same_provider(string allowed, string asked, string? said)
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", allowed));
        await using var _ = world;
        foreach (var provider in new[] { world.Provider, staff }) { provider.ShapeIdToken = claims => claims["nonce"] = "another"; }
        using var browser = world.NewBrowser();

        var end = await browser.OpenAsync("/bff/login?provider=" + asked);

        end.ShouldSay("sign_in_failed");
        if (said is null) { end.Body.ShouldNotContain("provider="); }
        else { end.Body.ShouldContain(said); }
    }

    [Fact]
    public async Task A_sign_in_at_another_provider_replaces_the_session()
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"));
        await using var _ = world;
        var alice = await world.LogInAsync();

        await alice.OpenAsync("/bff/login?provider=staff&login_hint=carol");

        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("carol");
        world.Api.LastCall.Token.ShouldBe(staff.Grant.AccessToken!.Value);
        await world.SeesRevocationAsync();
        staff.Revocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silent_sign_in_renews_at_the_provider_of_the_session()
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"));
        await using var _ = world;
        using var carol = world.NewBrowser();
        await carol.OpenAsync("/bff/login?provider=staff&login_hint=carol");
        var key = carol.Session;

        (await carol.OpenAsync("/bff/silent-login?provider=default")).Location.ShouldBe(new Uri(Browser.SpaOrigin + "/silent?result=ok"));

        carol.Session.ShouldBe(key);
        staff.Authorizations.Count.ShouldBe(2);
        world.Provider.Authorizations.ShouldBeEmpty();
        (await carol.GetAsync("/api/echo")).Body.ShouldBe("carol");
    }

    [Fact]
    public async Task A_provider_that_keeps_revocations_waiting_holds_up_no_others()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAtAdminAsync());
        staff.Faults.Hang("/revoke");
        await bob.PostAsync("/admin/bff/logout");
        await Eventually.HappensAsync(() => staff.Faults.Holding == 1, "the provider keeps it waiting");

        await alice.PostAsync("/bff/logout");

        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1, "the other's is done meanwhile");
        staff.Faults.Holding.ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_that_is_down_at_the_start_costs_the_other_nothing_and_may_come_later()
    {
        var (world, staff) = await TwoProviders.StartAsync(staff => staff.GoDown());
        await using var _ = world;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        using var browser = world.NewBrowser();
        (await browser.StepAsync("/admin/bff/login")).ShouldSay("provider_unavailable");
        using var ops = new OpsClient(world.Bff);
        var ready = await ops.GetAsync("/readyz");
        ready.Status.ShouldBe(HttpStatusCode.OK, ready.Body);
        ready.Body.ShouldContain("provider:staff");

        staff.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromSeconds(15));

        var bob = await world.LogInAtAdminAsync();
        (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob");
    }

    [Fact]
    public async Task Bff_is_ready_as_soon_as_it_knows_one_of_its_providers()
    {
        var (world, staff) = await TwoProviders.StartAsync(staff => staff.GoDown());
        await using var _ = world;
        world.Provider.GoDown();
        using var ops = new OpsClient(world.Bff);
        (await ops.GetAsync("/readyz")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromSeconds(3));
        using (var browser = world.NewBrowser()) { (await browser.StepAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found); }

        await Eventually.HappensAsync(async () => (await ops.GetAsync("/readyz")).Status == HttpStatusCode.OK, "it is ready, though the other is down");
    }

    [Theory]
    [InlineData("down")]
    [InlineData("hangs")]
    [InlineData("refuses connections")]
    public async Task Sessions_of_a_provider_in_trouble_live_on_and_heal_while_the_others_notice_nothing(string trouble)
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAtAdminAsync());
        switch (trouble)
        {
            case "down": staff.GoDown(); break;
            case "hangs": staff.Hang(); break;
            default: staff.Faults.ResetConnections(); break;
        }

        var before = world.Provider.Refreshes;
        var gate = world.Bff.Services.GetRequiredService<ProviderSet>().Default.Gate;
        for (var i = 0; i < 120; i++)
        {
            // A response that comes after the clock has jumped is as good as lost.
            world.Clock.Advance(TimeSpan.FromSeconds(5));
            await alice.GetAsync("/bff/session?slide=true");
            await Eventually.HappensAsync(() => gate.Running == 0, "no renewal of the other's is under way");
        }

        await Eventually.HappensAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return (await alice.GetAsync("/api/echo")).Body == "alice" && world.Provider.Refreshes > before;
            }, "the other's session is renewed");
        var sick = world.RunAsync(bob.GetAsync("/admin/api/echo"));
        (await sick).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        await world.SeesRevocationAsync();
        var carol = await world.LogInAsync("carol");
        (await carol.GetAsync("/api/echo")).Body.ShouldBe("carol");

        staff.ComeBack();
        staff.Faults.Release();
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await world.RunAsync(bob.GetAsync("/admin/api/echo"))).Body == "bob";
        }, "the session heals");
    }

    [Fact]
    public async Task Operators_find_renew_and_end_sessions_of_both()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        await world.LogInAsync();
        await world.LogInAtAdminAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        using var ops = new OpsClient(world.Bff);
        (await ops.FindAsync()).Count.ShouldBe(2);
        foreach (var (user, provider) in new[] { ("alice", world.Provider), ("bob", staff) })
        {
            var path = "/sessions/" + (await ops.FindAsync(user)).Single();
            var refreshes = provider.Refreshes;
            (await ops.PostAsync(path + "/renew")).Body.ShouldContain("renewed");
            provider.Refreshes.ShouldBe(refreshes + 1);
            ((int)(await ops.DeleteAsync(path)).Status).ShouldBeLessThan(300);
            await Eventually.HappensAsync(() => provider.Revocations.Count == 1, "its token is revoked");
        }

        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_provider_that_is_called_something_else_keeps_its_sessions()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var bob = await world.LogInAtAdminAsync();

        await world.RestartBffAsync(
        [
            .. TwoProviders.Settings(staff).Where(setting => setting.Key.StartsWith("Bff:Providers:", StringComparison.Ordinal))
                .SelectMany(setting => new[] { (setting.Key, null), (setting.Key.Replace(":staff:", ":employees:", StringComparison.Ordinal), setting.Value) }),
            ("Bff:FrontEnds:admin:Provider", "employees"),
        ]);

        (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob");
        await world.AdvanceUntilAsync(() => staff.Refreshes > 0, Patience);
        staff.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task Sessions_of_a_provider_that_is_no_longer_there_are_nobodys()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAtAdminAsync());

        await world.RestartBffAsync(
        [
            .. TwoProviders.Settings(staff).Where(setting => setting.Key.StartsWith("Bff:Providers:", StringComparison.Ordinal))
                .Select(setting => (setting.Key, (string?)null)),
            ("Bff:FrontEnds:admin:Provider", "default"),
        ]);

        (await bob.GetAsync("/admin/api/echo")).ShouldBeProblem(401, "session_required");
        (await bob.GetAsync("/admin/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        (await bob.PostAsync("/admin/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await bob.OpenAsync("/admin/bff/login?login_hint=bob");
        (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob");
        staff.Refreshes.ShouldBe(0);
    }
}

using System.Net;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Renewal;

/// <summary>
/// A node that stood still in the middle of a renewal, was taken for dead, and goes on: others have freed its lease, as they do when nothing is heard of it.
/// </summary>
public sealed class PausedNodeTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task What_it_brings_is_stored_when_nobody_else_has_brought_anything()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var renewal = await BeginRenewalAsync(world, alice);

        (await FreeAsync(by: world.Bff, of: world.Bff)).ShouldBe(1);   // it is due at once, and nobody but the node itself is there to claim it
        await ComesDueAsync(world, () => world.Ask("SELECT COUNT(*) FROM sessions WHERE lease_owner IS NOT NULL") == 1, "it has claimed it again");
        world.Provider.Faults.Release();

        (await world.RunAsync(renewal)).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Refreshes.ShouldBe(1);
        world.Provider.Reuses.ShouldBe(0);
        await world.SendsNewestTokenAsync(alice);
        world.Ask("SELECT failures FROM sessions").ShouldBe(0);
    }

    [Fact]
    public async Task What_another_node_has_brought_meanwhile_stays_and_the_session_lives_though_the_provider_saw_the_token_twice()
    {
        await using var world = await StartAsync();
        var (alice, renewal) = await BeginWhatAnotherNodeRenewsAsync(world);
        var newest = world.Provider.Grant.AccessToken!.Value;
        world.Provider.Faults.Release();   // answered invalid_grant: that refresh token is used up

        (await world.RunAsync(renewal)).Status.ShouldBe(HttpStatusCode.OK);
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/api/echo")).Body == "alice" && world.Api.LastCall.Token == newest, "it is used");
        (world.Ask("SELECT version FROM sessions"), world.Ask("SELECT failures FROM sessions"), world.Sessions).ShouldBe((2, 0, 1));
    }

    [Fact]
    public async Task What_it_hears_of_a_token_that_was_replaced_ends_no_session_that_it_has_claimed_anew()
    {
        await using var world = await StartAsync();
        var (alice, renewal) = await BeginWhatAnotherNodeRenewsAsync(world);

        SessionKey.TryRead(alice.Session, out var id).ShouldBeTrue();
        var session = await world.Bff.Services.GetRequiredService<ISessionStore>().FindAsync(id, CancellationToken.None);
        var next = await world.Bff.Services.GetRequiredService<RenewalLeases>().ClaimAsync(session!);
        world.Provider.Faults.Release();   // answered invalid_grant: that refresh token is used up

        (await world.RunAsync(renewal)).Status.ShouldBe(HttpStatusCode.OK);
        world.Sessions.ShouldBe(1);
        next.ShouldNotBeNull("it is another renewal, with another refresh token");
    }

    [Fact]
    public async Task What_it_brings_is_stored_though_another_node_has_tried_in_vain_meanwhile()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var other = world.StartBff();
        var renewal = await BeginRenewalAsync(world, alice);
        world.Provider.Faults.AnswerWith(503, "down", "text/plain");

        (await FreeAsync(by: other, of: world.Bff)).ShouldBe(1);
        await ComesDueAsync(world, () => world.Ask("SELECT failures FROM sessions") == 1, "the other node tries in vain");
        world.Provider.Faults.Release();

        (await world.RunAsync(renewal)).Status.ShouldBe(HttpStatusCode.OK);
        (world.Ask("SELECT version FROM sessions"), world.Ask("SELECT failures FROM sessions")).ShouldBe((2, 0));
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task What_it_brings_for_a_session_that_ended_meanwhile_is_revoked()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var renewal = await BeginRenewalAsync(world, alice);
        await FreeAsync(by: world.Bff, of: world.Bff);
        var same = world.NewBrowser();
        same.Cookies.Set(Browser.SessionCookie, alice.Session!);
        await same.PostAsync("/bff/logout");

        world.Provider.Faults.Release();

        (await world.RunAsync(renewal)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);
    }

    /// <summary>The time limit of a call that hangs is not the world's: a busy machine needs a long one.</summary>
    private static Task<World> StartAsync() => World.StartAsync(("Bff:Renewal:TokenTimeout", "00:00:30"));

    private static async Task<Task<Answer>> BeginRenewalAsync(World world, Browser browser)
    {
        world.Provider.Hang();
        var renewal = browser.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1, "the renewal is under way");
        world.Provider.ComeBack();
        return renewal;
    }

    /// <summary>The lease is freed in the middle of it, and another node has stored new tokens.</summary>
    private static async Task<(Browser Alice, Task<Answer> Renewal)> BeginWhatAnotherNodeRenewsAsync(World world)
    {
        var alice = await world.LogInAsync();
        var other = world.StartBff();
        var renewal = await BeginRenewalAsync(world, alice);
        (await FreeAsync(by: other, of: world.Bff)).ShouldBe(1);
        await ComesDueAsync(world, () => world.Ask("SELECT version FROM sessions") == 2, "the other node renews it");
        return (alice, renewal);
    }

    /// <summary>Nodes do not wake at the very moment, so that they do not wake together.</summary>
    private static Task ComesDueAsync(World world, Func<bool> happens, string what) => Eventually.HappensAsync(() =>
    {
        world.Clock.Advance(Step);
        return happens();
    }, what);

    private static Task<int> FreeAsync(BffHost by, BffHost of) => by.Services.GetRequiredService<IRenewalQueue>()
        .FreeLeasesAsync(of.Services.GetRequiredService<Heartbeat>().Instance, by.Clock.GetUtcNow(), CancellationToken.None);
}

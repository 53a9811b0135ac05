using Bff.Sessions;
using Bff.Sessions.Store;
using static Bff.Renewal.RenewalResult;

namespace Bff.Tests.Renewal;

public class RenewerTests
{
    [Fact]
    public async Task A_call_that_waited_for_another_node_does_not_go_with_a_token_that_expired_while_it_waited()
    {
        await using var world = new EngineWorld();
        await world.StartAsync();
        await world.LogInAsync();
        var (id, here) = (world.Sessions[0], world[0]);
        var now = world.Clock.GetUtcNow();
        var session = (await here.Store.FindAsync(id, default))!;
        var elsewhere = (await here.Store.ClaimAsync(id, session.Version, now, "another node", now.AddHours(1), default))!;
        await world.AdvanceAsync(TimeSpan.FromSeconds(61));

        // The call looks at the store from time to time; between two looks the other node is done, and time goes on while this process stands still. The time
        // goes on first, or a look in between would rightly find the token alive.
        var call = here.Renewer.GetUsableAsync((await here.Store.FindAsync(id, default))!, default).AsTask();
        now = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await here.Store.CompleteRenewalAsync(
            elsewhere,
            session.Tokens! with { AccessToken = "the other node's", ObtainedAt = now, ExpiresAt = now.AddSeconds(5) },
            dueAt: null,
            claims: null,
            default);
        var asItIsNow = (await here.Store.FindAsync(id, default))!;
        var latecomer = here.Renewer.GetUsableAsync(asItIsNow, default).AsTask();   // waits with the first one, if that has not looked yet
        for (var second = 0; second < 30 && !(call.IsCompleted && latecomer.IsCompleted); second++) { await world.AdvanceAsync(TimeSpan.FromSeconds(1)); }

        foreach (var result in new[] { await call, await latecomer })
        {
            var used = result.ShouldBeOfType<Usable>().Session;
            used.Version.ShouldBe(session.Version + 2);
            used.Tokens!.ExpiresAt.ShouldBeGreaterThan(world.Clock.GetUtcNow());
        }
    }

    [Fact]
    public async Task New_tokens_are_stored_though_another_node_took_the_session_over_meanwhile_and_failed()
    {
        await using var world = new EngineWorld();
        await world.StartAsync();
        await world.LogInAsync();
        var (id, here) = (world.Sessions[0], world[0]);
        world.Provider.Hang();
        var call = here.Renewer.RenewNowAsync((await here.Store.FindAsync(id, default))!, default);
        await Eventually.HappensAsync(() => world.Provider.Hanging > 0, "a refresh hangs at the provider");

        // This process stands still for longer than its lease; the other node finds the provider down.
        var claimed = (await here.Store.FindAsync(id, default))!;
        world.Clock.Set(claimed.LeaseUntil - world.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        var now = world.Clock.GetUtcNow();
        var elsewhere = (await here.Store.ClaimAsync(id, claimed.Version, now, "another node", now.AddMinutes(1), default))!;
        var failure = new RenewalFailure(RenewalFailureKind.ProviderUnavailable, "http_503");
        await here.Store.ReleaseAsync(elsewhere, now.AddMinutes(1), now.AddMinutes(1), $"{failure}", default);
        world.Provider.Recover();
        for (var second = 0; second < 5 && !call.IsCompleted; second++) { await world.AdvanceAsync(TimeSpan.FromSeconds(1)); }

        (await call).ShouldBeOfType<Usable>().Session.Tokens!.RefreshToken.ShouldBe($"{id.Value}.refresh.1");
        (await here.Store.FindAsync(id, default))!.Tokens!.RefreshToken.ShouldBe($"{id.Value}.refresh.1");
        world.Violations.ShouldBeEmpty();
    }

    public enum Meanwhile
    {
        Nothing, Freed, Renewed,
    }

    [Theory]
    [InlineData(Meanwhile.Nothing, true)]
    [InlineData(Meanwhile.Nothing, false)]
    [InlineData(Meanwhile.Freed, true)]
    [InlineData(Meanwhile.Freed, false)]
    [InlineData(Meanwhile.Renewed, true)]
    [InlineData(Meanwhile.Renewed, false)]
    public async Task A_node_that_stood_still_after_its_claim_sends_no_refresh_token_that_another_may_have_used(Meanwhile what, bool isDue)
    {
        await using var world = new EngineWorld();
        await world.StartAsync();
        await world.LogInAsync();
        var id = world.Sessions[0];
        var session = (await world[0].Store.FindAsync(id, default))!;
        if (isDue) { await world.AdvanceAsync(TimeSpan.FromSeconds(44)); }   // soon
        EngineWorld.Node[] beating = [world[0], world[1]];
        await BeatAsync();
        world[0].WayToStore.AfterClaim = () => StandStillAsync(world[0], world[1]);
        world[1].WayToStore.AfterClaim = () => StandStillAsync(world[1], world[0]);

        var renewal = isDue ? null : world[0].Renewer.RenewNowAsync(session, default);
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await BeatAsync();
            await Eventually.ShortlyAsync();
            var isStored = (await world[0].Store.FindAsync(id, default))!.Tokens!.RefreshToken == $"{id.Value}.refresh.1";
            return isStored && renewal?.IsCompleted != false && world[0].Gate.Running + world[1].Gate.Running == 0;
        }, "it is renewed");

        if (renewal is not null) { (await renewal).ShouldBeOfType<Usable>().Session.Tokens!.AccessToken.ShouldBe($"{id.Value}.access.1"); }
        world.Violations.ShouldBeEmpty();

        async Task BeatAsync()
        {
            foreach (var node in beating) { await node.Heartbeat.BeatAsync(default); }
        }

        async Task StandStillAsync(EngineWorld.Node node, EngineWorld.Node other)
        {
            (other.WayToStore.AfterClaim, beating) = (null, [other]);
            for (var silent = TimeSpan.Zero; silent <= Heartbeat.MaxSilence; silent += Heartbeat.Interval)
            {
                world.Clock.Advance(Heartbeat.Interval);
                await BeatAsync();
            }

            if (what == Meanwhile.Nothing) { return; }
            (await other.Store.FreeLeasesAsync(node.Heartbeat.Instance, world.Clock.GetUtcNow(), default)).ShouldBe(1);
            if (what == Meanwhile.Renewed) { (await other.Renewer.RenewNowAsync(session, default)).ShouldBeOfType<Usable>(); }
        }
    }

    [Fact]
    public async Task After_the_store_was_away_nothing_is_claimed_before_every_node_can_have_noticed_that_it_is_back()
    {
        await using var world = new EngineWorld();
        await world.StartAsync();
        await world.LogInAsync();
        var nodes = new[] { world[0], world[1] };
        foreach (var node in nodes) { node.Health.Failed(StoreAccess.Write, new SessionStoreException("away")); }
        await world.AdvanceAsync(TimeSpan.FromSeconds(61));
        foreach (var node in nodes) { node.Health.Succeeded(StoreAccess.Write); }

        await world.AdvanceAsync(TimeSpan.FromSeconds(3));
        (await world[0].Store.FindAsync(world.Sessions[0], default))!.Version.ShouldBe(1);

        for (var second = 0; second < 5; second++) { await world.AdvanceAsync(TimeSpan.FromSeconds(1)); }
        (await world[0].Store.FindAsync(world.Sessions[0], default))!.Version.ShouldBe(2);
    }
}

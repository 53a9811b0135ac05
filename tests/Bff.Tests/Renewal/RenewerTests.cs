using Bff.Renewal;
using Bff.Sessions;

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

        // The call looks at the store from time to time; between two looks the other node is done, and time goes on while this process stands still.
        var call = here.Renewer.GetUsableAsync((await here.Store.FindAsync(id, default))!, default).AsTask();
        now = world.Clock.GetUtcNow();
        await here.Store.CompleteRenewalAsync(elsewhere, session.Tokens! with { AccessToken = "the other node's", ObtainedAt = now, ExpiresAt = now.AddSeconds(5) }, dueAt: null, claims: null, default);
        var asItIsNow = (await here.Store.FindAsync(id, default))!;
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        var latecomer = here.Renewer.GetUsableAsync(asItIsNow, default).AsTask();   // waits with the first one, if that has not looked yet
        for (var second = 0; second < 30 && !(call.IsCompleted && latecomer.IsCompleted); second++) { await world.AdvanceAsync(TimeSpan.FromSeconds(1)); }

        foreach (var result in new[] { await call, await latecomer })
        {
            var used = result.ShouldBeOfType<Usable>().Session;
            used.Version.ShouldBe(session.Version + 2);
            used.Tokens!.ExpiresAt.ShouldBeGreaterThan(world.Clock.GetUtcNow());
        }
    }
}

using System.Net;

namespace Bff.HostTests;

/// <summary><c>kill -9</c> on the real process, on the real clock, with short tokens.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task After_a_crash_the_same_cookie_works_and_tokens_are_renewed_again()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.Lifetime = TimeSpan.FromSeconds(8);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Bff.Kill();
        await world.StartListeningAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await Eventually.HappensAsync(() => world.Provider.Refreshes >= 1, "a renewal after the restart");
        await CallsCarryTheNewTokenAsync(world, alice);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_crash_in_the_middle_of_a_renewal_is_mended_by_the_next_start_which_waits_for_no_lease()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.Lifetime = TimeSpan.FromSeconds(20);
        world.Provider.ReuseLeeway = true;
        world.Settings["Bff:Renewal:TokenTimeout"] = "00:01:00";   // longer than the test has patience
        world.Settings["Bff:Renewal:Lead"] = "00:00:17";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        var first = world.Provider.Grant.AccessToken!.Value;

        // The provider has rotated, the answer is on its way, and nobody is there to take it.
        world.Provider.Faults.HoldAnswers();
        var renewing = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Grant.AccessToken!.Value != first, "the provider rotates");
        world.Bff.Kill();
        await Should.ThrowAsync<HttpRequestException>(renewing);
        world.Provider.ComeBack();
        world.Provider.Faults.CutOff();
        var lost = world.Provider.Grant.AccessToken!.Value;
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        await Eventually.HappensAsync(() => world.Provider.Refreshes >= 2, "the renewal is taken over");
        await CallsCarryTheNewTokenAsync(world, alice);
        world.Provider.Grant.AccessToken!.Value.ShouldNotBe(lost);
        world.Provider.Reuses.ShouldBe(0);
    }

    private static Task CallsCarryTheNewTokenAsync(RealTimeWorld world, Browser browser) => Eventually.HappensAsync(
        async () => (await browser.GetAsync("/api/echo")).Status == HttpStatusCode.OK && world.Api.LastCall.Token == world.Provider.Grant.AccessToken!.Value,
        "calls carry the new token");
}

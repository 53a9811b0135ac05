using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary><c>kill -9</c>: Bff has no time to write anything down.</summary>
public sealed class CrashTests(Chromium chromium)
{
    [Fact]
    public async Task A_session_survives_a_crash_of_bff_and_its_next_renewal_is_on_time()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromSeconds(30)); // time enough to start again, on a slow machine too
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        var before = demo.Sessions.Only();

        await demo.Bff.KillAsync();
        (await alice.CallApiAsync("private")).ShouldBe(0);
        await alice.Page.ReloadAsync();
        await alice.SeesStateAsync("unreachable");
        await alice.PoseAsync("bff-down");
        await demo.Bff.StartAsync();

        await alice.SeesStateAsync("signed-in"); // by itself
        (await alice.CallApiAsync("private")).ShouldBe(200);
        await Eventually.HappensAsync(() => demo.Sessions.Only().Renewals == 1);
        TimeProvider.System.GetUtcNow().ShouldBeLessThan(before.Tokens.ExpiresAt);
        await alice.SeesRenewalsAsync(1);
        (await alice.CookieAsync())!.Value.ShouldBe(cookie);
        await demo.SawOneRefreshPerRenewalAsync();
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_survives_a_crash_of_bff_between_the_providers_answer_and_the_store()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromSeconds(20), ("Bff__Renewal__TokenTimeout", "00:00:03"));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        var load = await Load.StartAsync(alice);
        await load.SucceedsAgainAsync();

        await Eventually.ReachesAsync(demo.Sessions.Only().DueAt!.Value - TimeSpan.FromSeconds(0.5));
        demo.Provider.Freeze();
        await Eventually.HappensAsync(() => Sockets.HaveUnread(new Uri(Demo.ProviderUrl).Port), "Bff asks the provider");
        demo.Bff.Freeze();
        demo.Provider.Thaw();
        await Eventually.HappensAsync(async () => (await Diary.ReadAsync()).Refreshed == 1, "the provider has rotated the refresh token");
        await demo.Bff.KillAsync(); // the new one is lost
        demo.Sessions.Only().Renewals.ShouldBe(0);
        await demo.Bff.StartAsync();

        await Eventually.HappensAsync(() => demo.Sessions.Only().Renewals == 1);
        await load.SucceedsAgainAsync();
        (await load.StopAsync()).Select(call => call.Status).Distinct().ShouldBeSubsetOf([200, 0, 503]);
        await alice.SeesStateAsync("signed-in");
        (await alice.CookieAsync())!.Value.ShouldBe(cookie);
        (await Diary.ReadAsync()).ShouldBe(new Diary(Issued: 1, Refreshed: 1, Reused: 1, Rejected: 0)); // the provider's leeway forgives the second use
        alice.Faults.ShouldBeEmpty();
    }
}

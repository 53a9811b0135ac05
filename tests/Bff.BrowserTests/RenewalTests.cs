using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

public sealed class RenewalTests(Chromium chromium)
{
    private const int Renewals = 3;
    private const int Expiries = 5;
    private const int Calls = 20;

    [Fact]
    public async Task A_tab_nobody_touches_sees_its_token_renewed_in_the_background()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var firstExpiry = await alice.ExpiryAsync();

        await alice.SeesRenewalsAsync(Renewals);

        (await alice.ExpiryAsync()).ShouldBeGreaterThan(firstExpiry + (Renewals * Demo.UsualTokenLifetime / 2));
        await Expect(alice["#renewal-history li"].First).ToContainTextAsync("by Bff, in the background");
        (await Diary.ReadAsync()).ShouldBe(new Diary(Issued: 1, Refreshed: Renewals, Reused: 0, Rejected: 0));
        demo.Sessions.Only().Renewals.ShouldBe(Renewals);
        await alice.PoseAsync("signed-in");
        await alice.PoseAsync("signed-in", ColorScheme.Dark);
    }

    [Fact]
    public async Task Twenty_parallel_calls_at_every_renewal_and_every_expiry_all_succeed_with_one_refresh_each()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromSeconds(6));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");

        for (var expiry = 1; expiry <= Expiries; expiry++)
        {
            var session = demo.Sessions.Only();
            (await alice.CallInParallelAsync(Calls, session.DueAt!.Value)).ShouldAllBe(status => status == 200, $"renewal {expiry}");
            (await alice.CallInParallelAsync(Calls, session.Tokens.ExpiresAt)).ShouldAllBe(status => status == 200, $"expiry {expiry}");
            demo.Sessions.Only().Version.ShouldBeGreaterThan(session.Version);
        }

        await demo.SawOneRefreshPerRenewalAsync();
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_button_renews_at_once()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var before = await alice.ExpiryAsync();
        await Eventually.ReachesAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1)); // JWTs tell whole seconds

        await alice["#renew"].ClickAsync();

        await alice.SeesRenewalsAsync(1);
        (await alice.ExpiryAsync()).ShouldBeGreaterThan(before);
        await Expect(alice["#renewal-history li"]).ToContainTextAsync("by the button");
        (await Diary.ReadAsync()).ShouldBe(new Diary(Issued: 1, Refreshed: 1, Reused: 0, Rejected: 0));
        alice.Faults.ShouldBeEmpty();
    }
}

using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>The compose file as people run it. Left out unless <c>tests/containers/run.sh</c> has brought it up.</summary>
[Trait("Needs", "containers")]
public sealed class ContainerTests(Chromium chromium)
{
    private const string WhySkipped = "the containers are not up; run tests/containers/run.sh";

    public static bool AreUp => ComposeStack.IsUp;

    [Fact(Skip = WhySkipped, SkipUnless = nameof(AreUp))]
    public async Task A_user_signs_in_sees_a_renewal_and_is_still_signed_in_after_down_and_up()
    {
        await using var alice = await chromium.VisitAsync(url: ComposeStack.PageUrl);
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        (await alice.CallApiAsync("public")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await Expect(alice["#api-body"]).ToContainTextAsync("Hello from the scoped endpoint");
        await alice.SeesRenewalsAsync(1);

        await ComposeStack.DownAsync();
        await ComposeStack.UpAsync();

        await alice.Page.ReloadAsync();
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);
        await alice.SeesRenewalsAsync(1);
        (await alice.CookieAsync())!.Value.ShouldBe(cookie);
        var diary = await Diary.ReadAsync(ComposeStack.ProviderUrl);
        (diary.Reused, diary.Rejected).ShouldBe((0, 0));
    }

    [Fact(Skip = WhySkipped, SkipUnless = nameof(AreUp))]
    public async Task A_new_container_of_bff_signs_nobody_out_and_leaves_no_renewal_half_done()
    {
        await using var bob = await chromium.VisitAsync(url: ComposeStack.PageUrl);
        await bob.SignInAsync("bob");
        var cookie = (await bob.CookieAsync())!.Value;
        var load = await Load.StartAsync(bob);
        await load.SucceedsAgainAsync();

        await ComposeStack.ReplaceAsync("bff");

        await load.SucceedsAgainAsync();
        (await load.StopAsync()).Select(call => call.Status).Distinct().ShouldBeSubsetOf([200, 0]); // 0: nobody listens for a moment
        await bob.SeesStateAsync("signed-in");
        (await bob.CookieAsync())!.Value.ShouldBe(cookie);
        var diary = await Diary.ReadAsync(ComposeStack.ProviderUrl);
        (diary.Reused, diary.Rejected).ShouldBe((0, 0));
    }
}

using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>The Debian package under systemd. Left out unless <c>tests/containers/debian.sh</c> has installed and started it.</summary>
[Trait("Needs", "containers")]
public sealed class PackageTests(Chromium chromium)
{
    private const string WhySkipped = "the package is not installed anywhere; run tests/containers/debian.sh";

    public static bool IsInstalled => PackageMachine.IsUp;

    [Fact(Skip = WhySkipped, SkipUnless = nameof(IsInstalled))]
    public async Task A_user_signs_in_and_an_upgrade_of_the_package_signs_nobody_out()
    {
        await using var alice = await chromium.VisitAsync(url: ComposeStack.PageUrl);
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);

        var before = await Diary.ReadAsync(ComposeStack.ProviderUrl);   // "bff check" has tried a token that is none
        await PackageMachine.UpgradeAsync();

        await alice.Page.ReloadAsync();
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CookieAsync())!.Value.ShouldBe(cookie);
        var diary = await Diary.ReadAsync(ComposeStack.ProviderUrl);
        (diary.Reused, diary.Rejected).ShouldBe((before.Reused, before.Rejected));
    }
}

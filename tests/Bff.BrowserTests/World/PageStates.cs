using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests.World;

/// <summary>Every state of the page, and how it is brought about.</summary>
internal static class PageStates
{
    public static readonly IReadOnlyDictionary<string, Func<MadeUpBff, Task>> All = new Dictionary<string, Func<MadeUpBff, Task>>
    {
        ["signed-out"] = bff => OpenAsync(bff, "signed-out"),
        ["loading"] = async bff =>
        {
            bff.Manner = Manner.IsSilent;
            await OpenAsync(bff, "loading");
        },
        ["signing-in"] = async bff =>
        {
            bff.Manner = Manner.IsSilent;
            await OpenAsync(bff, "signing-in", "/?signing-in=");
        },
        ["access-denied"] = bff => OpenAsync(bff, "signed-out", "/?error=access_denied"),
        ["signed-in"] = SignInAsync,
        ["renewed"] = RenewAsync,
        ["expiring"] = async bff =>
        {
            bff.IsSilent = true;
            await SignInAsync(bff);
            await bff.PassAsync(55);
            await Expect(bff.Visitor["#message[data-kind=warning]"]).ToBeVisibleAsync();
        },
        ["provider-down"] = FailAsync,
        ["provider-down-expired"] = async bff =>
        {
            await FailAsync(bff);
            for (var tries = 0; tries < 3; tries++)
            {
                bff.FailToRenew(TimeSpan.FromSeconds(11));
                await bff.TellAsync();
                await bff.PassAsync(7);
            }

            bff.Api = (0, "");
            await bff.Visitor["#api-private"].ClickAsync();
            await bff.PassAsync(2);
        },
        ["offline"] = async bff =>
        {
            await RenewAsync(bff);
            await bff.GoOfflineAsync();
            await bff.Visitor.SeesStateAsync("offline");
        },
        ["unreachable"] = async bff =>
        {
            await RenewAsync(bff);
            bff.Manner = Manner.IsAway;
            await bff.TellAsync();
            await bff.Visitor.SeesStateAsync("unreachable");
        },
        ["unknown-address"] = async bff =>
        {
            bff.Manner = Manner.KnowsAnotherOrigin;
            await OpenAsync(bff, "unreachable");
        },
        ["ended-by-admin"] = async bff =>
        {
            await SignInAsync(bff);
            bff.End("ended_by_admin");
            await bff.TellAsync();
            await bff.Visitor.SeesStateAsync("signed-out");
            await Expect(bff.Visitor["#message[data-kind=warning]"]).ToBeVisibleAsync();
        },
        ["api-200"] = bff => CallAsync(bff, 200, bff.Api.Body),
        ["api-403"] = bff => CallAsync(bff, 403, """{"title":"Forbidden","detail":"The token lacks the scope read:messages."}"""),
        ["profile"] = async bff =>
        {
            await SignInAsync(bff);
            await bff.Visitor["#profile"].ClickAsync();
            await Expect(bff.Visitor["#person div"].First).ToBeVisibleAsync();
        },
        ["profile-claims"] = async bff =>
        {
            await SignInAsync(bff);
            await bff.Visitor["#profile"].ClickAsync();
            await bff.Visitor["#profile-page summary"].ClickAsync();
            await Expect(bff.Visitor["#claims tbody tr", "email"]).ToBeVisibleAsync();
        },
        ["ending"] = bff => WarnAsync(bff, whateverIsDone: false),
        ["ending-for-good"] = bff => WarnAsync(bff, whateverIsDone: true),
        ["try-code"] = async bff =>
        {
            await SignInAsync(bff);
            await bff.Visitor["#find-token"].ClickAsync();
            foreach (var code in await bff.Visitor["#try details"].AllAsync())
            {
                await code.Locator("summary").ClickAsync();
                await Expect(code.Locator("pre")).Not.ToBeEmptyAsync();
            }
        },
    };

    private static async Task OpenAsync(MadeUpBff bff, string state, string path = "/")
    {
        await bff.Visitor.Page.GotoAsync(Demo.PageUrl + path);
        await bff.Visitor.SeesStateAsync(state);
    }

    private static Task SignInAsync(MadeUpBff bff)
    {
        bff.SignIn();
        return OpenAsync(bff, "signed-in", "/?signing-in=");
    }

    private static async Task RenewAsync(MadeUpBff bff)
    {
        await SignInAsync(bff);
        foreach (var seconds in new[] { 46, 47 })
        {
            await bff.PassAsync(seconds);
            bff.Renew();
            await bff.TellAsync();
        }

        await bff.PassAsync(28);
        bff.Renew();
        await bff.Visitor["#renew"].ClickAsync();
        await bff.Visitor.SeesRenewalsAsync(3);
        await bff.PassAsync(14);
        await bff.TellAsync(); // what was asked on the way was answered up to a second late
    }

    private static async Task FailAsync(MadeUpBff bff)
    {
        await SignInAsync(bff);
        foreach (var (after, next) in new[] { (46, 2), (2, 5) })
        {
            await bff.PassAsync(after);
            bff.FailToRenew(TimeSpan.FromSeconds(next));
            await bff.TellAsync();
        }

        await bff.Visitor.SeesStateAsync("provider-down");
    }

    private static async Task CallAsync(MadeUpBff bff, int status, string body)
    {
        await SignInAsync(bff);
        bff.Api = (status, body);
        (await bff.Visitor.CallApiAsync("scoped")).ShouldBe(status);
    }

    private static async Task WarnAsync(MadeUpBff bff, bool whateverIsDone)
    {
        await SignInAsync(bff);
        await bff.PassAsync(5);
        bff.EndIn(TimeSpan.FromSeconds(55), whateverIsDone);
        await bff.TellAsync();
        await bff.PassAsync(2);
        await Expect(bff.Visitor["#ending"]).ToBeVisibleAsync();
    }
}

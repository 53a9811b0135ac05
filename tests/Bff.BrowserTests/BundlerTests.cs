using System.Text.Json.Nodes;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>bff-js as a page gets it from npm, through a bundler.</summary>
public sealed class BundlerTests(Chromium chromium)
{
    [Fact]
    public async Task Every_entry_has_types_that_hold_under_strict() => (await PackedPages.CheckTypesAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Rendered_on_a_server_nothing_is_known_of_the_session() =>
        (await PackedPages.RenderOnServerAsync()).Trim().ShouldBe("loading, null<!-- -->; wait");

    [Theory]
    [InlineData("react")]
    [InlineData("vue")]
    [InlineData("angular")]
    [InlineData("axios")]
    [InlineData("jquery")]
    public async Task A_page_of_every_kind_signs_in_calls_renews_is_warned_and_signs_out(string kind)
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var pages = await PackedPages.StartAsync(Demo.BffUrl);
        await using var alice = await chromium.VisitAsync(url: "about:blank");
        var page = $"{PackedPages.Url}/{kind}/";
        var isGuarded = kind is "react" or "vue" or "angular";
        var apiCalls = await MakeTheApiBusyOnceAsync(alice);
        var signIns = alice.Requests("/bff/login");
        var endSoon = await LetTheSessionSeemToEndSoonAsync(alice);

        if (isGuarded)
        {
            await alice.Page.GotoAsync(page + "private?error=access_denied");
            await Expect(alice["#status"]).ToHaveTextAsync("signedOut");
            await IsShownAsync(alice);
            signIns.ShouldBeEmpty("a sign-in that failed is not begun again");
            await alice.Page.GotoAsync(page + "private");
        }
        else
        {
            await alice.Page.GotoAsync(page);
            await Expect(alice["#status"]).ToHaveTextAsync("signedOut");
            await alice["#sign-in"].ClickAsync();
        }

        await SignInAtTheProviderAsync(alice);
        await Expect(alice["#user"]).ToHaveTextAsync("alice@demo.example");
        if (isGuarded) { await Expect(alice["#private"]).ToBeVisibleAsync(); }

        await alice["#call"].ClickAsync();
        await Expect(alice["#answer"]).ToHaveTextAsync("200");
        apiCalls().ShouldBe(2);

        var expires = await alice["#expires"].InnerTextAsync();
        await alice["#renew"].ClickAsync();
        await Expect(alice["#expires"]).Not.ToHaveTextAsync(expires);

        endSoon();
        await alice.RunAsync<bool>("() => dispatchEvent(new Event('online'))"); // asks Bff
        await alice["#stay"].ClickAsync();
        await Expect(alice["#stay"]).Not.ToBeVisibleAsync();

        var begun = signIns.Count;
        await alice["#sign-out"].ClickAsync();
        await Expect(alice["#status"]).ToHaveTextAsync("signedOut");
        await IsShownAsync(alice);
        signIns.Count.ShouldBe(begun, "a guard does not undo it");
        await Expect(alice["#private"]).Not.ToBeVisibleAsync();
        alice.Page.Url.ShouldStartWith(page);
        alice.Faults.ShouldBeEmpty(kind);
    }

    /// <summary>What the page has to do with its state, a guard's leaving included, is done.</summary>
    private static async Task IsShownAsync(Visitor visitor) =>
        await visitor.RunAsync<bool>("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))");

    private static async Task SignInAtTheProviderAsync(Visitor visitor)
    {
        await visitor["#username"].FillAsync("alice");
        await visitor["#password"].FillAsync("alice");
        await visitor["#login-submit"].ClickAsync();
        await Expect(visitor["#consent-form, #sign-out"]).ToBeVisibleAsync();
        if (await visitor["#consent-allow"].IsVisibleAsync()) { await visitor["#consent-allow"].ClickAsync(); }
        await Expect(visitor["#status"]).ToHaveTextAsync("signedIn");
    }

    /// <summary>From when it is called until the page says that its user is still there.</summary>
    private static async Task<Action> LetTheSessionSeemToEndSoonAsync(Visitor visitor)
    {
        var endsSoon = false;
        DateTimeOffset? endsAt = null;
        await visitor.Page.RouteAsync("**/bff/events", route => route.AbortAsync());
        await visitor.Page.RouteAsync("**/bff/session*", async route =>
        {
            endsSoon &= !route.Request.Url.Contains("slide=true", StringComparison.Ordinal);
            if (!endsSoon || route.Request.Method == "OPTIONS")
            {
                await route.ContinueAsync();
                return;
            }

            var answer = await route.FetchAsync();
            var session = JsonNode.Parse(await answer.TextAsync())!;
            session["sessionExpiresAt"] = endsAt ??= session["now"]!.GetValue<DateTimeOffset>() + TimeSpan.FromSeconds(20);
            await route.FulfillAsync(new() { Response = answer, Body = session.ToJsonString() });
        });
        return () => endsSoon = true;
    }

    /// <returns>How many calls there were.</returns>
    private static async Task<Func<int>> MakeTheApiBusyOnceAsync(Visitor visitor)
    {
        var (calls, origin) = (0, PackedPages.Url);
        await visitor.Profile.RouteAsync("**/api/private", async route =>
        {
            if (route.Request.Method == "OPTIONS" || ++calls > 1)
            {
                await route.ContinueAsync();
                return;
            }

            await route.FulfillAsync(new()
            {
                Status = 503,
                Headers = new Dictionary<string, string>
                {
                    ["Access-Control-Allow-Origin"] = origin,
                    ["Access-Control-Allow-Credentials"] = "true",
                    ["Access-Control-Expose-Headers"] = "Retry-After",
                    ["Retry-After"] = "1",
                },
            });
        });
        return () => calls;
    }
}

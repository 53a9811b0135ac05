using System.Globalization;
using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>The journeys of <see cref="JourneyTests"/> in WebKitGTK, which is not Safari, but Safari's engine.</summary>
public sealed class WebKitTests
{
    /// <summary>How often the page asked, since the engine may send a request anew by itself.</summary>
    private const string Counting = "const real = window.fetch; window.asked = 0; window.fetch = (...all) => { window.asked++; return real(...all); };";

    [Fact]
    public async Task Sign_in_three_apis_a_renewal_by_hand_and_one_in_the_background()
    {
        await using var demo = await Demo.StartAsync(bffSettings: WebKit.InsecureCookie);
        await using var alice = await WebKit.VisitAsync();
        await alice.SignInAsync("alice");
        (await alice.CallApiAsync("public")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await alice.ClickAsync("#renew");
        await alice.SeesRenewalsAsync(2);

        await demo.Provider.KillAsync();
        await alice.SeesStateAsync("provider-down");
        await demo.Provider.StartAsync();
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);
    }

    [Fact]
    public async Task A_session_without_refresh_token_is_renewed_by_the_page_also_at_one_origin()
    {
        await using var demo = await Demo.StartAsync(
            bffSettings: [WebKit.InsecureCookie, ("Bff__Oidc__Scope", "openid profile email read:messages"), ("Bff__Spa__Url", Demo.ThePage)]);
        await using var alice = await WebKit.VisitAsync(Demo.BffUrl + "/orders/17");
        await alice.SignInAsync("alice");
        alice.Url.ShouldEndWith("/orders/17");
        await alice.SeesRenewalsAsync(1);
        await alice.OpenAsync(Demo.PageUrl);
        await alice.SeesStateAsync("signed-in");
        await alice.SeesRenewalsAsync(1);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
    }

    [Fact]
    public async Task Two_tabs_share_one_stream_hand_it_over_and_are_signed_out_together()
    {
        await using var demo = await Demo.StartAsync(bffSettings: WebKit.InsecureCookie);
        await using var alice = await WebKit.VisitAsync();
        await alice.SignInAsync("alice");
        var toFirst = await alice.OpenTabAsync();
        await alice.SeesStateAsync("signed-in");
        var toSecond = await alice.OpenTabAsync();
        await alice.SeesStateAsync("signed-in");

        toFirst();
        alice.CloseTab();
        toSecond();
        await alice.SeesRenewalsAsync(1);

        var toThat = await alice.OpenTabAsync();
        await alice.ClickAsync("#logout");
        await alice.SeesStateAsync("signed-out");
        toThat();
        await alice.SeesStateAsync("signed-out");
    }

    /// <summary>
    /// Of ScriptWatchTests, ScriptCallTests and ScriptSignOutTests what needs no clock of the test's; all at once, since this browser starts slowly.
    /// </summary>
    [Fact]
    public async Task The_script_listens_calls_polls_and_signs_out_as_it_does_elsewhere()
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script = Counting + PretendBff.Listening;
        bff.StreamsAreHeldBack = true;
        await using var alice = await WebKit.VisitAsync(bff.Url);

        // It is live when its stream is open.
        await HearsAsync(alice, "is Alice");
        await Eventually.HappensAsync(() => bff.Count("/bff/events") > 0, "a stream is asked for");
        (await HeardAsync(alice)).ShouldNotContain("connection live");
        bff.StreamsAreHeldBack = false;
        await alice.OpenAsync(bff.Url);
        await HearsAsync(alice, "connection live");

        (await alice.RunAsync("async () => (await window.bff.fetch(new Request('/api/echo', { method: 'PUT', body: 'one book' }))).text()"))
            .ShouldBe("one book");
        bff.Count("/api/echo").ShouldBe(2);

        // While Bff is away it is asked, and nobody waits for a stream.
        bff.IsDown = true;
        bff.CutStreams();
        await Eventually.HappensAsync(async () => (await HeardAsync(alice)).Any(PretendBff.IsMissed), "Bff is missed");
        var asked = await AskedAsync(alice);
        await Eventually.HappensAsync(async () => await AskedAsync(alice) >= asked + 2, "it is asked again and again");
        bff.IsDown = false;
        await Eventually.HappensAsync(async () => (await HeardAsync(alice))[^1] == "connection live", "Bff is heard again");

        // A session that was meant to end stays ended.
        (bff.User, bff.Reason) = (null, "idle_timeout");
        (await alice.RunAsync("async () => (await window.bff.fetch('/api/private')).status")).ShouldBe("401");
        await HearsAsync(alice, "signedOut idle_timeout");
        bff.Count("/bff/silent-login").ShouldBe(0);

        // A visitor gets one try, which ends on the application.
        bff.Reason = null;
        await alice.OpenAsync(bff.Url);
        (await alice.RunAsync("async () => (await window.bff.fetch('/api/private')).status")).ShouldBe("401");
        (await alice.RunAsync("() => window.bff.silentLogin()")).ShouldBe("silent_page_missing");

        // Of the origin only Bff itself says something.
        await alice.OpenAsync(bff.ForeignUrl);
        await alice.RunAsync($"() => window.bff.configure({{ url: '{bff.Url}' }})");
        (await alice.RunAsync("() => window.bff.fetch('/api/private')")).ShouldBe("unreachable");
        bff.KnowsNoOtherOrigin = true;
        (await alice.RunAsync("() => window.bff.fetch('/api/private')")).ShouldBe("origin_mismatch");
        bff.KnowsNoOtherOrigin = false;

        bff.User = "Alice";
        bff.Script = PretendBff.WithoutFeatures + PretendBff.Listening;
        await alice.OpenAsync(bff.Url);
        await HearsAsync(alice, "connection polling");

        // A page that reloads when it hears of the end signs out all the same.
        bff.Script = Documentation.Example(bff.Url) + "window.ready = true;";
        await alice.OpenAsync(bff.Url);
        await Eventually.HappensAsync(async () => await alice.RunAsync("() => window.ready") == "true", "the example runs");
        await alice.RunAsync("async () => { const bff = await import('/bff.js'); setTimeout(bff.logout, 100); }");
        await Eventually.HappensAsync(() => bff.Count("/bff/logout") == 1, "the page is on its way out");
        bff.User = null;
        await bff.TellAsync("ended", new { reason = "signed_out" }); // this engine stops all requests of a page that is being left, and may stop the stream
        bff.LogoutMayEnd.SetResult();
        await Eventually.HappensAsync(() => alice.Url.EndsWith("/bye", StringComparison.Ordinal), "the provider hears of it");
        (bff.Count("/bff/logout"), bff.Count("/bff/login")).ShouldBe((1, 0));
    }

    private static async Task<string[]> HeardAsync(WebKit visitor) => (await visitor.RunAsync("() => (window.heard ?? []).join('|')")).Split('|');

    private static Task HearsAsync(WebKit visitor, string what) => Eventually.HappensAsync(async () => (await HeardAsync(visitor)).Contains(what), what);

    private static async Task<int> AskedAsync(WebKit visitor) => int.Parse(await visitor.RunAsync("() => window.asked"), CultureInfo.InvariantCulture);
}

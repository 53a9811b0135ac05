using Bff.BrowserTests.World;
using Microsoft.Playwright;

namespace Bff.BrowserTests;

/// <summary>How a page hears of its session: what <c>bff.js</c> says of the way, and what it does when the way is broken. The Bff is made up.</summary>
public sealed class ScriptWatchTests(Chromium chromium, Firefox firefox)
{
    private const string LeaderWithoutAVoice = "(url) => { navigator.locks.request(`bff leader ${url}`, () => new Promise(() => {})); return true; }";

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Live_is_said_of_a_stream_that_is_open_and_a_page_without_one_asks(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.StreamsAreHeldBack = true;
        await using var alice = await VisitAsync(engine, bff);
        await HearsAsync(alice, "is Alice");
        await Eventually.HappensAsync(() => bff.Count("/bff/events") == 1, "a stream is asked for");
        var asked = bff.Count("/bff/session");

        bff.User = "Alice B.";
        await alice.Page.Clock.RunForAsync(25_000);
        await HearsAsync(alice, "is Alice B.");
        bff.Count("/bff/session").ShouldBeGreaterThan(asked);
        (await HeardAsync(alice)).ShouldNotContain("connection live");

        bff.StreamsAreHeldBack = false;
        await alice.Page.Clock.RunForAsync(41_000);
        await HearsAsync(alice, "connection live");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task While_Bff_is_away_it_is_asked_again_and_again_and_heard_when_it_is_back(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var alice = await VisitAsync(engine, bff);
        await HearsAsync(alice, "connection live");

        bff.IsDown = true;
        bff.CutStreams();
        await Eventually.HappensAsync(async () =>
        {
            await alice.Page.Clock.RunForAsync(1_000);
            return (await HeardAsync(alice)).Any(PretendBff.IsMissed);
        }, "Bff is missed");
        var asked = alice.Requests("/bff/session"); // Firefox itself sends each several times
        for (var second = 0; second < 120; second += 5) { await alice.Page.Clock.RunForAsync(5_000); }
        asked.Count.ShouldBeInRange(2, 10);

        bff.IsDown = false;
        await Eventually.HappensAsync(async () =>
        {
            await alice.Page.Clock.RunForAsync(5_000);
            return (await HeardAsync(alice)).Last(what => what.StartsWith("connection", StringComparison.Ordinal)) == "connection live";
        }, "Bff is heard again");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_clock_that_jumps_does_not_expire_a_token_and_its_end_does(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var alice = await VisitAsync(engine, bff);
        await HearsAsync(alice, "connection live");
        await alice.RunAsync<bool>("() => { window.bff.setTimer(() => window.heard.push('timer'), window.bff.now() + 60_000); return true; }");

        var asked = bff.Count("/bff/session");
        await alice.Page.Clock.FastForwardAsync(600_000);
        await alice.Page.Clock.RunForAsync(3_000);
        await Eventually.HappensAsync(() => bff.Count("/bff/session") > asked, "it asks first");
        await alice.Page.Clock.RunForAsync(3_000);
        var heard = await HeardAsync(alice);
        heard.ShouldNotContain("expired");
        heard.ShouldNotContain("expiring");
        heard.ShouldNotContain("timer");

        bff.Ahead = TimeSpan.FromMinutes(6);
        await alice.RunAsync<bool>("async () => { await window.bff.check(); return true; }");
        await Eventually.HappensAsync(async () =>
        {
            await alice.Page.Clock.RunForAsync(1_000);
            return (await HeardAsync(alice)).Contains("expired");
        }, "the token is over");
        (await HeardAsync(alice)).ShouldContain("timer");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_tab_that_leads_and_has_stopped_is_followed_by_one_that_is_looked_at(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script = "";
        await using var stopped = await VisitAsync(engine, bff);
        await stopped.RunAsync<bool>(LeaderWithoutAVoice, bff.Url);
        bff.Script = PretendBff.Listening;
        var alice = await stopped.OpenTabAsync();
        await HearsAsync(alice, "is Alice");
        bff.Count("/bff/events").ShouldBe(0, "another tab leads");

        for (var second = 0; second < 45; second += 5) { await alice.Page.Clock.RunForAsync(5_000); }

        await HearsAsync(alice, "connection live");
        bff.Streams.ShouldBe(1);
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_tab_that_follows_is_live_by_the_heartbeats_of_the_one_that_leads(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var first = await VisitAsync(engine, bff);
        await HearsAsync(first, "connection live");
        var second = await first.OpenTabAsync();
        await HearsAsync(second, "connection live");
        var asked = bff.Count("/bff/session");

        for (var beat = 0; beat < 8; beat++)
        {
            await second.Page.Clock.RunForAsync(15_000);
            await bff.TellAsync("heartbeat");
        }

        bff.User = "Alice B.";
        await bff.TellAsync("session");
        await HearsAsync(second, "is Alice B.");
        (await HeardAsync(second)).Count(what => what.StartsWith("connection", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(2);
        bff.Count("/bff/events").ShouldBe(1);
        (bff.Count("/bff/session") - asked).ShouldBeLessThanOrEqualTo(2, "who hears need not ask");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_browser_without_channels_streams_and_locks_gets_its_news_by_asking(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var alice = await EngineOf(engine).VisitAsync(url: "about:blank");
        await alice.Page.AddInitScriptAsync(PretendBff.WithoutFeatures);
        await alice.Page.Clock.InstallAsync(new());
        await alice.Page.GotoAsync(bff.Url);
        await HearsAsync(alice, "connection polling");

        bff.User = null;
        await alice.Page.Clock.RunForAsync(25_000);

        await HearsAsync(alice, "is nobody");
        (await HeardAsync(alice)).ShouldContain("signedOut unknown");
        alice.Faults.ShouldBeEmpty();
    }

    private Engine EngineOf(string name) => name == "chromium" ? chromium : firefox;

    private async Task<Visitor> VisitAsync(string engine, PretendBff bff)
    {
        var visitor = await EngineOf(engine).VisitAsync(url: "about:blank");
        await visitor.Page.Clock.InstallAsync(new());
        await visitor.Page.GotoAsync(bff.Url);
        return visitor;
    }

    private static Task<string[]> HeardAsync(Visitor visitor) => visitor.RunAsync<string[]>("() => window.heard ?? []");

    private static Task HearsAsync(Visitor visitor, string what) => Eventually.HappensAsync(async () => (await HeardAsync(visitor)).Contains(what), what);
}

using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>A page that says when its session is about to end, and may keep it alive. The Bff is made up, and its clock and the page's go together.</summary>
public sealed class IdleWarningTests(Chromium chromium, Firefox firefox)
{
    private const string Warning = "warning: may stay", LastWarning = "warning: must go";

    private const string Listening = PretendBff.Listening +
        """
        bff.on('sessionExpiring', ({ endsAt, canExtend, session }) => {
          window.heard.push(`warning: ${canExtend ? 'may stay' : 'must go'}`);
          if (Date.parse(session.sessionExpiresAt) !== endsAt) window.heard.push('another end');
        });
        """;

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Who_is_idle_is_warned_once_a_minute_before_the_end_and_may_stay_until_the_end_that_nothing_moves(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script = Listening;
        bff.TokenExpiry = bff.AbsoluteEnd.AddHours(1);
        await using var alice = await VisitAsync(engine, bff);

        await PassAsync(bff, TimeSpan.FromMinutes(27), alice);
        (await HeardAsync(alice)).ShouldNotContain(what => what.StartsWith("warning", StringComparison.Ordinal));
        var asked = bff.Count("/bff/session");
        await PassAsync(bff, TimeSpan.FromSeconds(125), alice);
        await HearsAsync(alice, Warning);
        bff.Count("/bff/session").ShouldBeGreaterThan(asked, "it asks first");
        await PassAsync(bff, TimeSpan.FromSeconds(10), alice);
        (await HeardAsync(alice)).Count(what => what.StartsWith("warning", StringComparison.Ordinal)).ShouldBe(1, "once");

        var end = await alice.RunAsync<long>("async () => Date.parse((await window.bff.keepAlive()).sessionExpiresAt)");
        end.ShouldBe(bff.SessionEnd.ToUnixTimeMilliseconds());
        bff.AbsoluteEnd = bff.SessionEnd;   // this is the last half an hour
        await alice.RunAsync<bool>("async () => { await window.bff.keepAlive(); return true; }");
        await PassAsync(bff, TimeSpan.FromMinutes(27), alice);
        (await HeardAsync(alice)).ShouldNotContain(LastWarning);
        await PassAsync(bff, TimeSpan.FromSeconds(125), alice);
        await HearsAsync(alice, LastWarning);

        (await HeardAsync(alice)).ShouldNotContain("another end");
        bff.User = null;
        await PassAsync(bff, TimeSpan.FromSeconds(70), alice);
        await HearsAsync(alice, "is nobody");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Use_by_another_tab_is_use(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script = Listening;
        bff.StreamsAreHeldBack = true;   // nothing is told by itself, so that only the question before the warning can know
        bff.TokenExpiry = bff.AbsoluteEnd;
        await using var alice = await VisitAsync(engine, bff);

        await PassAsync(bff, TimeSpan.FromMinutes(27), alice);
        bff.Use();
        await PassAsync(bff, TimeSpan.FromSeconds(140), alice);

        (await HeardAsync(alice)).ShouldNotContain(what => what.StartsWith("warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_says_itself_how_early_it_wants_to_know_a_quarter_of_the_idle_time_at_most()
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script = Listening + "bff.configure({ warnBefore: 3_600_000 });";
        bff.TokenExpiry = bff.AbsoluteEnd;
        await using var alice = await VisitAsync("chromium", bff);

        await PassAsync(bff, TimeSpan.FromMinutes(20), alice);
        (await HeardAsync(alice)).ShouldNotContain(what => what.StartsWith("warning", StringComparison.Ordinal));
        await PassAsync(bff, TimeSpan.FromSeconds(155), alice);
        await HearsAsync(alice, Warning);
    }

    private Engine EngineOf(string name) => name == "chromium" ? chromium : firefox;

    private async Task<Visitor> VisitAsync(string engine, PretendBff bff)
    {
        var visitor = await EngineOf(engine).VisitAsync(url: "about:blank");
        await visitor.Page.Clock.InstallAsync(new());
        await visitor.Page.GotoAsync(bff.Url);
        await HearsAsync(visitor, "is Alice");
        return visitor;
    }

    /// <summary>For the page and for Bff.</summary>
    private static async Task PassAsync(PretendBff bff, TimeSpan time, Visitor visitor)
    {
        bff.Ahead += time;
        await visitor.Page.Clock.FastForwardAsync((long)(time.TotalMilliseconds - 3_000));
        await visitor.Page.Clock.RunForAsync(3_000);
    }

    private static Task<string[]> HeardAsync(Visitor visitor) => visitor.RunAsync<string[]>("() => window.heard ?? []");

    private static Task HearsAsync(Visitor visitor, string what) => Eventually.HappensAsync(async () => (await HeardAsync(visitor)).Contains(what), what);
}

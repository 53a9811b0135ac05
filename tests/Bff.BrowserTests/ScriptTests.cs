using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bff.BrowserTests.World;
using Microsoft.Playwright;

namespace Bff.BrowserTests;

/// <summary>What <c>bff.js</c> does for a page's own code. Answers of the API are made up where a test needs them to be.</summary>
public sealed class ScriptTests(Chromium chromium)
{
    /// <summary>With the adapters for jQuery and auth0.js; what it is without them, the script's own tests know.</summary>
    private const int MostBytes = 6_700;

    private static readonly (string, string) NoRefreshToken = ("Bff__Oidc__Scope", "openid profile email read:messages");

    [Fact]
    public void It_is_one_small_file_without_imports()
    {
        var script = File.ReadAllText(ScriptPath);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) { gzip.Write(File.ReadAllBytes(ScriptPath)); }
        packed.Length.ShouldBeLessThan(MostBytes);
        Regex.IsMatch(script, @"\bimport\b(?!\.meta)").ShouldBeFalse();
    }

    [Fact]
    public async Task Its_types_are_right_for_itself_and_for_a_page_in_TypeScript()
    {
        using var compiler =
            Process.Start(new ProcessStartInfo("node", [SourceTree.NodeModule("typescript/bin/tsc"), "--project", SourceTree.NodeModule("../types")])
        {
            RedirectStandardOutput = true,
        })!;
        var complaints = await compiler.StandardOutput.ReadToEndAsync();
        await compiler.WaitForExitAsync();
        complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_401_is_answered_by_one_silent_sign_in_and_one_repeat()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), NoRefreshToken);
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var frames = alice.Requests("/bff/silent-login");
        var calls = await AnswerAsync(alice, "**/api/private", [(401, "token_expired", null)]);

        (await FetchAsync(alice, "/api/private")).ShouldBe(200);

        (calls(), frames.Count).ShouldBe((2, 1));
    }

    [Fact]
    public async Task An_API_that_says_401_to_every_token_gets_no_frame_a_call()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var frames = alice.Requests("/bff/silent-login");
        await AnswerAsync(alice, "**/api/private", [.. Enumerable.Repeat<(int, string, string?)>((401, "nonsense", null), 9)]);

        for (var call = 0; call < 3; call++) { (await FetchAsync(alice, "/api/private")).ShouldBe(401); }

        frames.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Calls_that_meet_a_401_together_share_one_silent_sign_in_and_are_all_repeated()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), NoRefreshToken);
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var frames = alice.Requests("/bff/silent-login");
        var calls = await AnswerAsync(alice, "**/api/private", [.. Enumerable.Repeat<(int, string, string?)>((401, "token_expired", null), 4)]);

        var statuses = await alice.RunAsync<int[]>(
            "async () => { const bff = await import('/bff.js'); return Promise.all([1, 2, 3, 4].map(async () => (await bff.fetch('/api/private')).status)); }");

        statuses.ShouldBe([200, 200, 200, 200]);
        (calls(), frames.Count).ShouldBe((8, 1));
    }

    [Fact]
    public async Task A_call_is_never_repeated_in_the_name_of_somebody_else()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), NoRefreshToken);
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var frames = alice.Requests("/bff/silent-login");
        var calls = await AnswerAsync(alice, "**/api/private", [(401, "session_required", null)]);
        await alice.Page.RouteAsync("**/bff/session", async route =>
        {
            if (route.Request.Method == "OPTIONS" || frames.IsEmpty)
            {
                await route.ContinueAsync();
                return;
            }

            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Body = Regex.Replace(await answer.TextAsync(), "\"sub\":\"[^\"]*\"", "\"sub\":\"bob\"") });
        });

        (await FetchAsync(alice, "/api/private")).ShouldBe(401);

        (calls(), frames.Count).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_session_that_is_over_is_not_renewed_back_to_life()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), NoRefreshToken);
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.Page.RouteAsync("**/bff/events", route => route.AbortAsync());
        await alice.OpenAsync();
        await alice.SeesStateAsync("signed-in");
        var frames = alice.Requests("/bff/silent-login");
        await JourneyTests.EndElsewhereAsync(alice);

        (await alice.RunAsync<string>("async () => (await import('/bff.js')).renew().then(() => 'renewed', ({ code }) => code)")).ShouldBe("session_expired");

        frames.ShouldBeEmpty();
        demo.Sessions.All().ShouldBeEmpty();
        await alice.SeesStateAsync("signed-out");
    }

    [Fact]
    public async Task A_stream_that_is_refused_is_asked_for_less_and_less()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.Page.Clock.InstallAsync(new());
        var streams = alice.Requests("/bff/events");
        var forThePage = new Dictionary<string, string> { ["Access-Control-Allow-Origin"] = Demo.PageUrl, ["Access-Control-Allow-Credentials"] = "true" };
        await alice.Page.RouteAsync("**/bff/events", route => route.FulfillAsync(new() { Status = 429, Headers = forThePage }));
        await alice.OpenAsync();
        await alice.SeesStateAsync("signed-in");

        for (var second = 0; second < 30; second++) { await alice.Page.Clock.RunForAsync(1_000); }

        streams.Count.ShouldBeInRange(2, 6);
        await alice.SeesStateAsync("signed-in");
    }

    [Fact]
    public async Task A_sign_in_comes_back_to_an_address_that_is_meant_from_the_page()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.SeesStateAsync("signed-out");
        await visitor.Page.RouteAsync("**/bff/login*", route => route.AbortAsync());
        var asked = visitor.Page.WaitForRequestAsync("**/bff/login*");

        await visitor.RunAsync<bool>("async () => { (await import('/bff.js')).login({ returnTo: '/orders/17?a=b' }); return true; }");

        Uri.UnescapeDataString(new Uri((await asked).Url).Query).ShouldContain($"returnUrl={Demo.PageUrl}/orders/17?a=b");
    }

    [Fact]
    public async Task Nobody_signed_in_means_401_at_once()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.SeesStateAsync("signed-out");
        var frames = visitor.Requests("/bff/silent-login");
        (await FetchAsync(visitor, "/api/private")).ShouldBe(401);
        frames.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET", 200, 2)]
    [InlineData("POST", 200, 2)]
    public async Task A_503_of_Bff_is_waited_for_and_repeated(string method, int status, int calls)
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var made = await AnswerAsync(alice, "**/api/echo", [(503, "provider_unavailable", "1")]);

        (await FetchAsync(alice, "/api/echo", method)).ShouldBe(status);

        made().ShouldBe(calls);
    }

    [Fact]
    public async Task A_POST_that_an_API_itself_refused_with_503_is_not_repeated_and_a_long_wait_is_not_begun()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var made = await AnswerAsync(alice, "**/api/echo", [(503, "busy", "1"), (503, "provider_unavailable", "3600")]);

        (await FetchAsync(alice, "/api/echo", "POST")).ShouldBe(503);
        (await FetchAsync(alice, "/api/echo", "POST")).ShouldBe(503);

        made().ShouldBe(2);
    }

    [Fact]
    public async Task A_503_that_asks_to_be_asked_again_at_once_gets_a_second()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await AnswerAsync(alice, "**/api/echo", [(503, "busy", "0"), (503, "busy", "0")]);
        var started = Stopwatch.GetTimestamp();

        (await FetchAsync(alice, "/api/echo")).ShouldBe(200);

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task JQuerys_ajax_does_the_same_for_Bff_and_is_left_alone_for_others()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), NoRefreshToken);
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var frames = alice.Requests("/bff/silent-login");
        await AnswerAsync(alice, "**/api/private", [(401, "token_expired", null)]);

        var said = await alice.RunAsync<JsonElement>(
            """
            (bff) => new Promise((resolve) => {
              $.ajax({ url: bff + '/api/private', dataType: 'json' })
                .done((body, text, xhr) => resolve({ message: body.message, status: xhr.status, type: xhr.getResponseHeader('content-type') }))
                .fail((xhr, text, error) => resolve({ message: String(error), status: xhr.status }));
            })
            """,
            Demo.BffUrl);
        said.GetProperty("status").GetInt32().ShouldBe(200, said.ToString());
        said.GetProperty("type").GetString()!.ShouldContain("json");
        frames.Count.ShouldBe(1);

        var posted = await alice.RunAsync<JsonElement>(
            "() => new Promise((resolve) => $.ajax({ url: '/api/echo', bff: true, method: 'POST', data: { a: 1 } }).always((body, text, xhr) => resolve({ "
            + "text, status: xhr.status })))");
        posted.GetProperty("status").GetInt32().ShouldBe(200, posted.ToString());

        var own = await alice.RunAsync<string>(
            "() => new Promise((resolve) => $.ajax({ url: '/silent.js', dataType: 'text' }).always((body, text) => resolve(text)))");
        own.ShouldBe("success");
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_samples_own_code_runs_with_a_change_of_one_object()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.RunAsync<bool>("() => { window.webAuth = $.bff; return true; }");

        var result = await alice.RunAsync<JsonElement>(
            """
            () => new Promise((resolve) => {
              let tokenRenewalTimeout, expiresAt;
              function renewToken() {
                webAuth.renewAuth({ audience: '{YOUR_API_IDENTIFIER}', redirectUri: 'http://localhost:3001/silent', usePostMessage: true }, function (err, result) {
                  if (err) { resolve({ err }); } else { setSession(result); }
                });
              }
              function scheduleRenewal() {
                const delay = expiresAt - Date.now();
                if (delay > 0) { tokenRenewalTimeout = setTimeout(function () { renewToken(); }, delay); }
                resolve({ delay, scheduled: tokenRenewalTimeout > 0 });
              }
              function setSession(authResult) {
                expiresAt = authResult.expiresIn * 1000 + new Date().getTime();
                scheduleRenewal();
              }
              renewToken();
            })
            """);
        result.TryGetProperty("delay", out var delay).ShouldBeTrue(result.ToString());
        delay.GetInt64().ShouldBeInRange(290_000, 301_000);
        result.GetProperty("scheduled").GetBoolean().ShouldBeTrue();
        (await Diary.ReadAsync()).Refreshed.ShouldBe(1);
    }

    [Fact]
    public async Task The_samples_callback_hears_an_error_by_its_name()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.SeesStateAsync("signed-out");
        var error = await visitor.RunAsync<JsonElement>("() => new Promise((resolve) => $.bff.checkSession({}, (err, result) => resolve(err)))");
        error.GetProperty("error").GetString().ShouldBe("login_required");
        error.GetProperty("errorDescription").GetString()!.ShouldContain("dev keys");
    }

    [Fact]
    public async Task A_page_at_another_name_of_the_same_machine_is_told_what_is_wrong()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync(url: Demo.PageUrl.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
        await visitor.SeesStateAsync("unreachable");
        await Microsoft.Playwright.Assertions.Expect(visitor["#message"]).ToContainTextAsync("does not know this page’s address");
        (await visitor.RunAsync<string>("async () => (await import('/bff.js')).getSession().catch(({ code }) => code)")).ShouldBe("origin_mismatch");
    }

    [Fact]
    public async Task A_timer_goes_off_when_its_time_comes_however_far_away()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.Page.Clock.InstallAsync(new());
        await visitor.OpenAsync();
        await visitor.RunAsync<bool>(
            "async () => { const bff = await import('/bff.js'); window.rang = 0; bff.setTimer(() => { window.rang++; }, bff.now() + 40 * 86_400_000); return "
            + "true; }");

        for (var day = 0; day < 39; day++) { await visitor.Page.Clock.FastForwardAsync("24:00:00"); }
        await visitor.Page.Clock.RunForAsync(3_000);
        (await visitor.RunAsync<int>("() => window.rang")).ShouldBe(0, "setTimeout alone would have gone off after 24.8 days, or at once");

        await visitor.RunAsync<bool>(
            // Asked twice: the first question may be one that was under way, and its answer says what time it is by the real Bff.
            "async () => { const bff = await import('/bff.js'); await bff.check(); await bff.check(); bff.setTimer(() => { window.rang += 10; }, bff.now() + "
            + "1_500); return true; }");
        await visitor.Page.Clock.RunForAsync(3_000);
        (await visitor.RunAsync<int>("() => window.rang")).ShouldBe(10);
    }

    [Fact]
    public async Task A_page_that_leaves_it_all_to_bff_js_is_renewed_silently()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromSeconds(24), NoRefreshToken);   // the frame has six of them
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.Page.RouteAsync("**/app.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body =
            """
            import { bffUrl } from './config.js';
            import * as bff from './bff.js';
            window.heard = [];
            bff.configure({ url: bffUrl });
            for (const event of ['sessionChanged', 'renewed', 'expiring', 'expired', 'renewError', 'signedOut']) bff.on(event, () => window.heard.push(event));
            """ }));
        await alice.OpenAsync();

        await Eventually.HappensAsync(() => alice.RunAsync<bool>("() => window.heard.filter((event) => event === 'renewed').length >= 1"), "a renewal");
        (await alice.RunAsync<string[]>("() => window.heard")).ShouldNotContain("expired");
        (await alice.RunAsync<string[]>("() => window.heard")).ShouldNotContain("renewError");
    }

    private static string ScriptPath => Path.Combine(SourceTree.FolderOf("bff-js"), "dist", "bff.js");

    private static Task<int> FetchAsync(Visitor visitor, string path, string method = "GET") => visitor.RunAsync<int>(
        "async ({ path, method }) => (await (await import('/bff.js')).fetch(path, { method })).status", new { path, method });

    /// <summary>Answers the first calls with problems, and lets the others through.</summary>
    /// <returns>How many calls there were.</returns>
    private static async Task<Func<int>> AnswerAsync(Visitor visitor, string url, (int Status, string Code, string? RetryAfter)[] answers)
    {
        var (calls, page) = (0, Demo.PageUrl);
        await visitor.Page.RouteAsync(url, async route =>
        {
            if (route.Request.Method == "OPTIONS" || ++calls > answers.Length)
            {
                await route.ContinueAsync();
                return;
            }

            var (status, code, retryAfter) = answers[calls - 1];
            var headers = new Dictionary<string, string>
            {
                ["Access-Control-Allow-Origin"] = page,
                ["Access-Control-Allow-Credentials"] = "true",
                ["Access-Control-Expose-Headers"] = "Retry-After",
                ["Content-Type"] = "application/problem+json",
            };
            if (retryAfter is not null) { headers["Retry-After"] = retryAfter; }
            await route.FulfillAsync(new RouteFulfillOptions { Status = status, Headers = headers, Body = $$"""{"status":{{status}},"code":"{{code}}"}""" });
        });
        return () => calls;
    }
}

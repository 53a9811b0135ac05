using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

public sealed class CallbackTests
{
    [Theory]
    [InlineData("?code=abc&state=forged")]
    [InlineData("?code=abc")]
    [InlineData("?state=forged")]
    [InlineData("?error=access_denied&state=forged")]
    [InlineData("")]
    [Trait("Standard", "SEC-3")]
    public async Task A_callback_nobody_asked_for_is_refused(string query)
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();

        var answer = await browser.StepAsync("/signin-oidc" + query, accept: "*/*");

        answer.ShouldBeProblem(400, "invalid_state");
        browser.Session.ShouldBeNull();
        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_forged_callback_shows_a_person_a_page()
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync("/signin-oidc?code=abc&state=forged");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html");
        answer.Body.ShouldContain("/bff/login");
    }

    [Fact]
    public async Task A_foreign_opener_loses_the_tab_whether_somebody_is_signed_in_or_not()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        foreach (var answer in new[] { await alice.StepAsync(callback), await alice.StepAsync(callback), await world.NewBrowser().StepAsync(callback) })
        {
            answer.Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
        }
    }

    [Fact]
    public async Task Callbacks_nobody_asked_for_fill_no_log_and_tell_where_they_come_from()
    {
        await using var world = await World.StartAsync();
        var stranger = world.NewBrowser();
        for (var number = 0; number < 100; number++) { await stranger.StepAsync("/signin-oidc?code=abc&state=forged"); }

        var lines = world.Bff.Logs.Lines.Where(line => line.Contains("was refused: invalid_state", StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBe(Bff.Guard.RefusalLog.MaxLines);
        lines[0].ShouldContain("from 127.0.0.1 was refused: invalid_state");
    }

    [Fact]
    [Trait("Standard", "SEC-9")]
    public async Task A_sign_in_ends_in_the_browser_that_began_it_and_in_no_other()
    {
        await using var world = await World.StartAsync();
        var mallory = world.NewBrowser();
        var callback = await mallory.GoToCallbackAsync("/bff/login?login_hint=mallory");
        var alice = world.NewBrowser();

        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(400, "invalid_state");

        alice.Session.ShouldBeNull();
        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "SEC-9")]
    public async Task A_sign_in_of_another_browser_does_not_end_in_one_that_has_a_sign_in_of_its_own_open()
    {
        await using var world = await World.StartAsync();
        var mallorys = await world.NewBrowser().GoToCallbackAsync("/bff/login?login_hint=mallory");
        var alice = world.NewBrowser();
        var own = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var mixed = new Uri(own, "?" + string.Join('&', Part(mallorys, "code"), Part(own, "state"), Part(own, "iss")));

        await alice.StepAsync(mallorys, accept: "*/*");
        await alice.StepAsync(mixed, accept: "*/*");

        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "SEC-2")]
    public async Task A_callback_works_once()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        await alice.StepAsync(callback);
        var session = alice.Session;

        await alice.StepAsync(callback, accept: "*/*");

        world.Provider.TokenCalls.Count.ShouldBe(1);
        world.Sessions.ShouldBe(1);
        alice.Session.ShouldBe(session);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_browser_that_goes_away_while_its_code_is_redeemed_leaves_neither_a_session_nor_a_refresh_token()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.Faults.AnswerAfter(TimeSpan.FromSeconds(1));   // nothing shows when Bff has noticed that she is gone
        using var gone = new CancellationTokenSource();

        var call = alice.SendAsync(new HttpRequestMessage(HttpMethod.Get, callback), gone.Token);
        await Eventually.HappensAsync(() => world.Provider.Traffic.Count("/token") == 1);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);

        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_refresh_token_beside_an_error_is_revoked()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["error"] = "server_error";
        (await world.NewBrowser().OpenAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1);
    }

    [Theory]
    [InlineData("access_denied", "access_denied")]
    [InlineData("temporarily_unavailable", "temporarily_unavailable")]
    [InlineData("<script>", "sign_in_failed")]
    [InlineData("a\nb", "sign_in_failed")]
    [InlineData("user_cancelled.de-de", "user_cancelled.de-de")]
    [InlineData("password_expired", "password_expired")]
    public async Task An_error_of_the_provider_leads_back_to_the_page_with_a_word_it_knows(string error, string word)
    {
        await using var world = await World.StartAsync();
        world.Provider.AuthorizeError = error;
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login?returnUrl=" + Uri.EscapeDataString("http://localhost:5000/page?x=1"));

        end.Location.ShouldBe(new Uri("http://localhost:5000/page?x=1&error=" + word));
        alice.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData("The account is locked.", "The account is locked.")]
    [InlineData("Konto gesperrt \u00FC \uD83D\uDE00 <b>&amp;", "Konto gesperrt \u00FC \uD83D\uDE00 <b>&amp;")]
    [InlineData("a\r\nSet-Cookie: x\u001b[2J\u0085b", "aSet-Cookie: x[2Jb")]
    [InlineData("\n", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public async Task The_providers_sentence_reaches_the_page_that_asked(string? sentence, string? told)
    {
        await using var world = await World.StartAsync();
        world.Provider.AuthorizeError = "access_denied";
        world.Provider.ShapeAuthorizeAnswer = answer => answer["error_description"] = sentence;
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login?returnUrl=/page");
        var silent = await alice.OpenAsync("/bff/silent-login");

        foreach (var location in new[] { Stop(end), Stop(silent) })
        {
            var query = QueryHelpers.ParseQuery(location.Query);
            query["error"].ToString().ShouldBe("access_denied");
            (query.TryGetValue("error_description", out var description) ? description.ToString() : null).ShouldBe(told);
        }
    }

    [Fact]
    public async Task A_long_sentence_is_cut()
    {
        await using var world = await World.StartAsync();
        world.Provider.AuthorizeError = "access_denied";
        world.Provider.ShapeAuthorizeAnswer = answer => answer["error_description"] = string.Concat(Enumerable.Repeat("\uD83D\uDE00", 300));
        var end = await world.NewBrowser().OpenAsync("/bff/login");
        QueryHelpers.ParseQuery(end.Location!.Query)["error_description"].ToString().ShouldBe(string.Concat(Enumerable.Repeat("\uD83D\uDE00", 200)));
    }

    private static Uri Stop(Answer answer) => answer.Location ?? answer.Url;

    [Fact]
    public async Task An_error_of_the_provider_leaves_the_session_there_is()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.AuthorizeError = "access_denied";
        await alice.OpenAsync("/bff/login");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task Unfinished_sign_ins_pile_up_no_further_than_five()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callbacks = new List<Uri>();
        for (var started = 0; started < 9; started++) { callbacks.Add(await alice.GoToCallbackAsync("/bff/login?login_hint=alice")); }

        alice.Cookies.Names().Count(name => name.StartsWith("__Host-bff-state-", StringComparison.Ordinal)).ShouldBe(5);
        alice.Cookies.Names().Count(name => name.StartsWith("__Host-bff-nonce-", StringComparison.Ordinal)).ShouldBe(5);
        (await alice.StepAsync(callbacks[0], accept: "*/*")).ShouldBeProblem(400, "invalid_state");
        (await alice.StepAsync(callbacks[^1])).Status.ShouldBe(HttpStatusCode.Found);
        alice.Session.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task A_finished_sign_in_leaves_no_cookie_but_the_sessions()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Names().ShouldBe([Browser.SessionCookie]);
    }

    [Fact]
    [Trait("Standard", "WEB-2")]
    [Trait("Standard", "WEB-9")]
    public async Task The_cookies_of_a_sign_in_are_secure_short_lived_and_out_of_reach_of_scripts()
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync("/bff/login");
        answer.SetCookies.Length.ShouldBe(2);
        answer.Header("Cache-Control").ShouldBe("no-store");
        foreach (var cookie in answer.SetCookies.Select(line => Microsoft.Net.Http.Headers.SetCookieHeaderValue.Parse(line)))
        {
            cookie.Secure.ShouldBeTrue();
            cookie.HttpOnly.ShouldBeTrue();
            cookie.Path.ToString().ShouldBe("/");
            cookie.Domain.Length.ShouldBe(0);
            cookie.SameSite.ShouldBe(Microsoft.Net.Http.Headers.SameSiteMode.Lax);
            cookie.Expires!.Value.ShouldBe(world.Clock.Now.AddMinutes(10), TimeSpan.FromMinutes(1));
        }
    }

    private static string Part(Uri url, string name) => $"{name}={Uri.EscapeDataString(QueryHelpers.ParseQuery(url.Query)[name].ToString())}";
}

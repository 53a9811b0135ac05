using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>A <c>state</c> is good once, on whichever node it comes back: a browser's cookie proves nothing about that.</summary>
[Trait("Standard", "SEC-2")]
public sealed class StateTests
{
    [Fact]
    [Trait("Standard", "HARD-2")]
    public async Task A_callback_sent_ten_times_at_once_redeems_its_code_once_and_the_user_is_signed_in()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");

        var copies = Enumerable.Range(0, 10).Select(_ => CopyOf(alice, world)).ToList();
        var answers = await Task.WhenAll(copies.Select(copy => copy.StepAsync(callback, accept: "*/*")));

        answers.Count(answer => answer.Status == HttpStatusCode.Found).ShouldBe(1);
        answers.Where(answer => answer.Status != HttpStatusCode.Found).ShouldAllBe(answer => answer.Code == "invalid_state");
        world.Provider.TokenCalls.Count.ShouldBe(1);
        world.Sessions.ShouldBe(1);
        var winner = copies.Single(copy => copy.Session is not null);
        (await winner.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await winner.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "HARD-2")]
    public async Task It_is_used_up_on_every_node()
    {
        await using var world = await World.StartAsync();
        var node = world.StartBff();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var elsewhere = CopyOf(alice, world);
        await alice.StepAsync(callback);

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = node.Address.Port }.Uri);
        (await elsewhere.SendAsync(request)).ShouldBeProblem(400, "invalid_state");

        world.Provider.TokenCalls.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "SEC-3")]
    public async Task One_sign_in_drives_the_token_endpoint_once_whatever_codes_are_made_up_for_it()
    {
        await using var world = await World.StartAsync();
        var stranger = world.NewBrowser();
        var callback = await stranger.GoToCallbackAsync("/bff/login?prompt=none");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number =>
            CopyOf(stranger, world).StepAsync(With(callback, "code", $"made-up-{number}", without: "error"), accept: "*/*")));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.BadRequest);
        world.Provider.TokenCalls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_state_the_provider_answered_with_an_error_is_used_up()
    {
        await using var world = await World.StartAsync();
        var stranger = world.NewBrowser();
        var callback = await stranger.GoToCallbackAsync("/bff/login?prompt=none");
        var again = CopyOf(stranger, world);
        (await stranger.StepAsync(callback)).Location.ShouldBe(new Uri("http://localhost:5000/?error=login_required"));

        (await again.StepAsync(With(callback, "code", "made-up", without: "error"), accept: "*/*")).ShouldBeProblem(400, "invalid_state");
        (await again.StepAsync(callback, accept: "*/*")).ShouldBeProblem(400, "invalid_state");

        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_state_that_failed_at_the_token_endpoint_is_used_up()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var again = CopyOf(alice, world);
        world.Provider.Faults.AnswerWith(503, "later", "text/plain");
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
        world.Provider.ComeBack();

        (await again.StepAsync(callback, accept: "*/*")).ShouldBeProblem(400, "invalid_state");

        world.Provider.TokenCalls.ShouldBeEmpty();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_that_is_down_is_said_and_the_callback_can_be_repeated()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Execute("ALTER TABLE used_once RENAME TO away");

        var answer = await alice.StepAsync(callback, accept: "*/*");

        answer.ShouldBeProblem(503, "store_unavailable");
        answer.Header("Retry-After").ShouldNotBeNull();
        world.Provider.TokenCalls.ShouldBeEmpty();
        world.Execute("ALTER TABLE away RENAME TO used_once");
        (await alice.StepAsync(callback)).Status.ShouldBe(HttpStatusCode.Found);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("INSERT")]
    [InlineData("DELETE")]
    public async Task A_store_that_fails_half_way_leaves_no_new_cookie_no_new_session_and_no_refresh_token(string what)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = alice.Session;
        world.Execute($"CREATE TRIGGER full BEFORE {what} ON sessions BEGIN SELECT RAISE(FAIL, 'disk full'); END");

        var end = await alice.OpenAsync("/bff/login?login_hint=alice");

        end.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        end.SetCookies.ShouldNotContain(cookie => cookie.StartsWith(Browser.SessionCookie + "=", StringComparison.Ordinal));
        alice.Session.ShouldBe(first);
        var brought = world.Provider.Grant.RefreshToken;
        await Eventually.HappensAsync(() => world.Provider.Revocations.Any(form => form["token"] == brought));
        world.Execute("DROP TRIGGER full");
        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "the session from before is left as it was");
    }

    [Theory]
    [InlineData("/bff/login?login_hint=alice&returnUrl=/page")]
    [InlineData("/bff/silent-login")]
    public async Task A_store_that_goes_down_before_the_session_is_stored_is_said_too(string path)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Remove(Browser.SessionCookie);
        world.Execute("CREATE TRIGGER full BEFORE INSERT ON sessions BEGIN SELECT RAISE(FAIL, 'disk full'); END");

        var end = await alice.OpenAsync(path);
        world.Execute("DROP TRIGGER full");

        if (path.Contains("silent", StringComparison.Ordinal))
        {
            end.Location.ShouldBe(new Uri("http://localhost:5000/silent?result=error&error=temporarily_unavailable"));
        }
        else
        {
            end.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            end.ShouldSay("store_unavailable");
            end.Body.ShouldContain("/bff/login?returnUrl=%2Fpage");
        }

        alice.Session.ShouldBeNull();
        (await alice.OpenAsync(path)).Status.ShouldBeOneOf(HttpStatusCode.Found, HttpStatusCode.NotFound);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Metadata_that_cannot_be_had_use_no_state_up()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.GoDown();
        await world.StopBffAsync();
        var node = world.StartBff();
        var there = new UriBuilder(callback) { Port = node.Address.Port }.Uri;

        (await alice.StepAsync(there, accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");

        world.UsedStates.ShouldBe(0);
    }

    [Fact]
    public async Task Rubbish_costs_no_write()
    {
        await using var world = await World.StartAsync();
        var callback = await world.NewBrowser().GoToCallbackAsync("/bff/login");
        var stranger = world.NewBrowser();

        await stranger.StepAsync("/signin-oidc?code=abc&state=forged");
        await stranger.StepAsync("/signin-oidc?error=login_required");
        await stranger.StepAsync(callback);   // somebody else's, without the cookie

        world.UsedStates.ShouldBe(0);
    }

    [Fact]
    public async Task It_is_over_after_ten_minutes_also_for_whoever_keeps_the_cookies()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var kept = CopyOf(alice, world);
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));

        (await kept.StepAsync(callback, accept: "*/*")).ShouldBeProblem(400, "invalid_state");

        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("state")]
    [InlineData("code")]
    [InlineData("iss")]
    [InlineData("session_state")]
    [Trait("Standard", "WILD-3")]
    public async Task A_parameter_that_comes_twice_is_refused(string name)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");

        var answer = await alice.StepAsync(
            new Uri($"{callback}&{name}={Uri.EscapeDataString(QueryHelpers.ParseQuery(callback.Query)[name].ToString())}"), accept: "*/*");

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        world.Provider.TokenCalls.ShouldBeEmpty();
        alice.Session.ShouldBeNull();
    }

    [Fact]
    [Trait("Standard", "HARD-1")]
    public async Task The_callback_reads_no_form()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var request = alice.Bare(HttpMethod.Post, "/signin-oidc");
        request.Content = new FormUrlEncodedContent(QueryHelpers.ParseQuery(callback.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));

        ((int)(await alice.SendAsync(request)).Status).ShouldBeOneOf(400, 405);

        world.Provider.TokenCalls.ShouldBeEmpty();
        alice.Session.ShouldBeNull();
    }

    private static Browser CopyOf(Browser browser, World world)
    {
        var copy = world.NewBrowser();
        foreach (var name in browser.Cookies.Names()) { copy.Cookies.Set(name, browser.Cookies.Value(name)!); }
        return copy;
    }

    private static Uri With(Uri callback, string name, string value, string without)
    {
        var query = QueryHelpers.ParseQuery(callback.Query).Where(pair => pair.Key != without)
            .ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());
        query[name] = value;
        return new Uri(QueryHelpers.AddQueryString(callback.GetLeftPart(UriPartial.Path), query));
    }
}

using System.Net;
using System.Net.Http.Headers;
using Bff.Guard;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>The provider's page posts the response as a form (OAuth 2.0 Form Post Response Mode).</summary>
public sealed class FormPostTests
{
    private static readonly (string, string?) FormPost = ("Bff:Oidc:ResponseMode", "form_post");

    [Fact]
    [Trait("Standard", "SEC-7")]
    public async Task A_sign_in_that_comes_back_by_form_leads_to_the_page_by_a_step_of_our_own()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login?login_hint=alice&returnUrl=/page?x=1");

        world.Provider.Authorizations.Single()["response_mode"].ShouldBe("form_post");
        end.Status.ShouldBe(HttpStatusCode.OK);
        end.Header("Location").ShouldBeNull();
        end.Body.ShouldContain("http-equiv=\"refresh\" content=\"0;url=/page?x=1\"");
        end.Header("Cache-Control").ShouldBe("no-store");
        end.Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        alice.Cookies.Names().ShouldBe([Browser.SessionCookie]);
    }

    [Fact]
    public async Task A_pushed_request_asks_for_the_form_too()
    {
        await using var world = await World.StartAsync(FormPost);
        world.Provider.RequiresPushedRequests = true;
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login");
        world.Provider.Authorizations.Single()["response_mode"].ShouldBe("form_post");
        alice.Session.ShouldNotBeNull();
    }

    /// <summary>The session's cookie does not come with a form of another site, so the flow has to know it.</summary>
    [Fact]
    public async Task A_sign_in_by_form_ends_the_session_it_replaces()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice");
        var first = alice.Session;

        await alice.OpenAsync("/bff/login?login_hint=alice");

        alice.Session.ShouldNotBe(first);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task Only_a_provider_that_posts_gets_cookies_that_other_sites_forms_bring()
    {
        await using var world = await World.StartAsync(FormPost);
        Modes(await world.NewBrowser().StepAsync("/bff/login")).ShouldAllBe(mode => mode == Microsoft.Net.Http.Headers.SameSiteMode.None);
        await world.RestartBffAsync(("Bff:Oidc:ResponseMode", "query"));
        Modes(await world.NewBrowser().StepAsync("/bff/login")).ShouldAllBe(mode => mode == Microsoft.Net.Http.Headers.SameSiteMode.Lax);
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task Unfinished_sign_ins_pile_up_no_further_than_five()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        for (var started = 0; started < 8; started++) { await alice.StepAsync("/bff/login"); }
        alice.Cookies.Names().Count(name => name.Contains("bff-state-", StringComparison.Ordinal)).ShouldBe(5);
    }

    [Theory]
    [InlineData("query", "POST")]
    [InlineData("query.jwt", "POST")]
    [InlineData("form_post", "GET")]
    [InlineData("form_post.jwt", "GET")]
    public async Task A_response_comes_by_the_method_it_was_asked_for_and_by_no_other(string mode, string method)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", mode));
        var alice = world.NewBrowser();
        await alice.StepAsync("/bff/login");
        var request = alice.Bare(new HttpMethod(method), "/signin-oidc?code=a&state=b");
        if (method == "POST") { request.Content = new FormUrlEncodedContent([new("code", "a"), new("state", "b")]); }

        var answer = await alice.SendAsync(request);

        answer.ShouldBeProblem(405, "method_not_allowed");
        answer.Header("Allow").ShouldBe(method == "POST" ? "GET" : "POST");
    }

    [Theory]
    [InlineData("https://evil.example", false)]
    [InlineData("http://localhost:5000", false)]
    [InlineData("null", true)]
    [InlineData(null, true)]
    public async Task A_form_of_a_page_that_is_not_the_providers_is_refused(string? origin, bool accepted)
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login?login_hint=alice");
        var request = Post(form);
        if (origin is not null) { request.Headers.Add("Origin", origin); }

        var answer = await alice.SendAsync(request);

        (alice.Session is not null).ShouldBe(accepted, answer.Body);
        if (accepted) { return; }
        answer.ShouldBeProblem(400, "invalid_state");
        world.Provider.TokenCalls.ShouldBeEmpty();
        world.UsedStates.ShouldBe(0);
        await alice.SubmitAsync(form);
        alice.Session.ShouldNotBeNull("what another page has posted does not spoil it");
    }

    [Fact]
    public async Task A_form_of_another_address_of_the_provider_is_taken_when_it_is_listed()
    {
        await using var world = await World.StartAsync(FormPost, ("Bff:Oidc:FormPostOrigins:0", "https://login.live.example"));
        var alice = world.NewBrowser();
        var request = Post(await alice.GoToFormAsync("/bff/login?login_hint=alice"));
        request.Headers.Add("Origin", "https://login.live.example");

        var answer = await alice.SendAsync(request);

        alice.Session.ShouldNotBeNull(answer.Body);
    }

    [Fact]
    [Trait("Standard", "SEC-2")]
    public async Task A_form_counts_once_and_in_the_browser_that_began()
    {
        await using var world = await World.StartAsync(FormPost);
        var (alice, mallory) = (world.NewBrowser(), world.NewBrowser());
        var form = await alice.GoToFormAsync("/bff/login?login_hint=alice");

        (await mallory.SubmitAsync(form)).ShouldSay("invalid_state");
        await alice.SubmitAsync(form);
        (await alice.SubmitAsync(form)).ShouldSay("invalid_state");

        (alice.Session is not null, mallory.Session).ShouldBe((true, null));
        world.Provider.TokenCalls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_form_that_is_refused_shows_a_person_a_page_and_a_way_to_sign_in_again()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login?login_hint=alice&returnUrl=/page");
        world.Clock.Advance(TimeSpan.FromMinutes(11));

        var answer = await alice.SubmitAsync(form);

        answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html");
        answer.Body.ShouldContain("/bff/login?returnUrl=%2Fpage");
    }

    [Fact]
    public async Task A_store_that_is_away_is_said_on_a_page_whose_link_begins_anew()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login?login_hint=alice&returnUrl=/page");
        world.Execute("ALTER TABLE sessions RENAME TO away");
        var answer = await alice.SubmitAsync(form);
        answer.ShouldSay("store_unavailable");
        answer.Body.ShouldContain("/bff/login?returnUrl=%2Fpage");
    }

    [Fact]
    public async Task An_error_of_the_provider_leads_back_to_the_page_by_a_step_of_our_own()
    {
        await using var world = await World.StartAsync(FormPost);
        world.Provider.AuthorizeError = "access_denied";
        var end = await world.NewBrowser().OpenAsync("/bff/login?returnUrl=/page");
        end.Body.ShouldContain("0;url=/page?error=access_denied");
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x--")]
    [InlineData("application/json", "{}")]
    [InlineData("text/plain", "state=a&code=b")]
    [InlineData("application/x-www-form-urlencoded", "")]
    [InlineData("application/x-www-form-urlencoded", "code=b")]
    [InlineData("application/x-www-form-urlencoded", "code=b&state=forged")]
    public async Task A_body_that_is_no_response_of_the_provider_is_refused(string type, string body)
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        await alice.StepAsync("/bff/login");
        var request = alice.Bare(HttpMethod.Post, "/signin-oidc");
        request.Content = new StringContent(body);
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        (await alice.SendAsync(request)).ShouldBeProblem(400, "invalid_state");
    }

    [Theory]
    [InlineData(true, 413, "body_too_large")]
    [InlineData(false, 400, "invalid_state")]
    [Trait("Standard", "HARD-1")]
    public async Task A_body_has_a_limit_whether_its_length_is_said_or_not(bool lengthIsSaid, int status, string code)
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login");
        form.Fields["more"] = new string('x', BodyLimit.Bytes);
        var request = Post(form);
        if (!lengthIsSaid) { request.Headers.TransferEncodingChunked = true; }

        (await alice.SendAsync(request)).ShouldBeProblem(status, code);
        alice.Session.ShouldBeNull();
    }

    [Fact]
    [Trait("Standard", "WILD-3")]
    public async Task A_parameter_that_comes_twice_or_in_the_query_is_refused()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login?returnUrl=/page");
        var inQuery = Post(form);
        inQuery.RequestUri = new Uri(QueryHelpers.AddQueryString(form.Action.AbsoluteUri, "code", "another"));
        (await alice.SendAsync(inQuery)).ShouldBeProblem(400, "invalid_state");

        var twice = Post(form);
        twice.Content = new FormUrlEncodedContent([.. form.Fields, new("code", "another")]);
        (await alice.SendAsync(twice)).ShouldBeProblem(400, "sign_in_failed");
        alice.Session.ShouldBeNull();
    }

    [Fact]
    [Trait("Standard", "SEC-7")]
    public async Task A_silent_sign_in_by_form_ends_at_the_silent_page()
    {
        await using var world = await World.StartAsync(FormPost);
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice");

        var end = await alice.SubmitAsync(await alice.GoToFormAsync("/bff/silent-login"));

        end.Status.ShouldBe(HttpStatusCode.SeeOther);
        end.Location.ShouldBe(new Uri("http://localhost:5000/silent?result=ok"));
        world.Provider.SilentError = "login_required";
        (await alice.SubmitAsync(await alice.GoToFormAsync("/bff/silent-login"))).Location.ShouldBe(
            new Uri("http://localhost:5000/silent?result=error&error=login_required"));
    }

    [Fact]
    [Trait("Standard", "HARD-4")]
    public async Task Forms_that_other_pages_post_do_not_use_up_the_budget_of_sign_ins()
    {
        await using var world = await World.StartAsync(FormPost, ("Bff:RateLimits:Callback", "3"));
        var alice = world.NewBrowser();
        var form = await alice.GoToFormAsync("/bff/login?login_hint=alice");
        for (var number = 0; number < 6; number++)
        {
            var request = Post(form);
            request.Headers.Add("Origin", "https://evil.example");
            await alice.SendAsync(request);
        }

        await alice.SubmitAsync(form);
        alice.Session.ShouldNotBeNull();
    }

    [Fact]
    public async Task Cookies_that_are_not_Secure_are_a_mistake_beside_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (world.Settings["Bff:Oidc:ResponseMode"], world.Settings["Bff:Sessions:InsecureCookie"]) = ("form_post", "true");
        (await world.RunAsync("check")).Output.ShouldContain(
            "Bff:Oidc:ResponseMode: 'form_post' needs Secure cookies, and Bff:Sessions:InsecureCookie is on.");
    }

    private static HttpRequestMessage Post(PostedForm form) => new(HttpMethod.Post, form.Action) { Content = new FormUrlEncodedContent(form.Fields) };

    private static List<Microsoft.Net.Http.Headers.SameSiteMode> Modes(Answer answer) =>
        [.. answer.SetCookies.Select(line => Microsoft.Net.Http.Headers.SetCookieHeaderValue.Parse(line)).Where(cookie => cookie.Secure)
            .Select(cookie => cookie.SameSite)];
}

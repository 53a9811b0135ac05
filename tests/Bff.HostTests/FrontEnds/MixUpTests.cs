using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.FrontEnds;

/// <summary>What belongs to one front end or provider, brought to another.</summary>
public sealed class MixUpTests
{
    [Theory]
    [InlineData("/bff/login", "/signin-oidc", "/signin-oidc/staff")]                        // another provider
    [InlineData("/bff/login", "/signin-oidc", "/admin/signin-oidc/staff")]                  // another provider at another front end
    [InlineData("/bff/login", "/signin-oidc", "/admin/signin-oidc")]                        // another front end
    [InlineData("/admin/bff/login", "/admin/signin-oidc/staff", "/signin-oidc/staff")]
    [InlineData("/admin/bff/login", "/admin/signin-oidc/staff", "/signin-oidc")]
    [InlineData("/admin/bff/login?provider=default", "/admin/signin-oidc", "/signin-oidc")]
    [Trait("Standard", "SEC-5")]
    public async Task A_state_is_worth_nothing_at_anothers_callback(string login, string its, string others)
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"), ("Bff:FrontEnds:admin:Provider", "staff default"));
        await using var _ = world;
        using var browser = world.NewBrowser();
        var callback = await browser.GoToCallbackAsync(login);
        callback.AbsolutePath.ShouldBe(its);

        var answer = await browser.StepAsync(others + callback.Query);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.ShouldSay("invalid_state");
        world.Sessions.ShouldBe(0);
        world.Provider.TokenCalls.ShouldBeEmpty();
        staff.TokenCalls.ShouldBeEmpty();

        (await browser.StepAsync(callback)).Status.ShouldBe(HttpStatusCode.Found, "where it belongs it is still good");
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "SEC-5")]
    public async Task A_code_of_another_provider_signs_nobody_in()
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"));
        await using var _ = world;
        using var browser = world.NewBrowser();
        var theirs = await browser.GoToCallbackAsync("/bff/login?provider=staff");
        var ours = await browser.GoToCallbackAsync("/bff/login");
        var code = QueryHelpers.ParseQuery(theirs.Query)["code"].ToString();
        var state = QueryHelpers.ParseQuery(ours.Query)["state"].ToString();

        var answer = await browser.StepAsync($"/signin-oidc?code={Uri.EscapeDataString(code)}&state={Uri.EscapeDataString(state)}");

        answer.Header("Set-Cookie")?.Contains(Browser.SessionCookie + "=", StringComparison.Ordinal).ShouldBeFalse();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_in_the_name_of_anothers_cookie_is_worth_nothing_on_any_node()
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Spa:Provider", "default staff"), ("Bff:FrontEnds:admin:Provider", "staff default"));
        await using var _ = world;
        world.Set("Bff:FrontEnds:shop:PathBase", "/shop");
        world.Set("Bff:FrontEnds:shop:Provider", "staff default");
        world.Set("Bff:FrontEnds:shop:Origins:0", Browser.SpaOrigin);
        var second = world.StartBff();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAtAdminAsync());
        var (hers, his) = (alice.Session!, bob.Cookies.Value(TwoProviders.AdminCookie)!);

        foreach (var (node, root, cookie, key) in new[]
        {
            (world.Bff, "/admin", TwoProviders.AdminCookie, hers), (world.Bff, "", Browser.SessionCookie, his), (second, "/shop", "__Host-bff.shop", hers),
            (second, "/shop", "__Host-bff.shop", his), (second, "", Browser.SessionCookie, his),
        })
        {
            using var browser = world.NewBrowser(node);
            browser.Cookies.Set(cookie, key);
            (await browser.GetAsync(root + "/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
            foreach (var path in new[] { "/bff/user", "/bff/events", "/api/echo" })
            {
                (await browser.GetAsync(root + path)).Status.ShouldBe(HttpStatusCode.Unauthorized, root + path);
            }

            (await browser.PostAsync(root + "/bff/renew")).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await browser.GetAsync(root + "/open/echo")).Body.ShouldBe("nobody");
            var socket = browser.Bare(HttpMethod.Get, root + "/api/socket");
            foreach (var (name, value) in new[] { ("Origin", Browser.SpaOrigin), ("Upgrade", "websocket"), ("Connection", "Upgrade") })
            {
                socket.Headers.TryAddWithoutValidation(name, value);
            }

            socket.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            socket.Headers.Add("Sec-WebSocket-Version", "13");
            (await browser.SendAsync(socket)).Status.ShouldBe(HttpStatusCode.Unauthorized);
            browser.Cookies.Set(cookie, key);
            await browser.PostAsync(root + "/bff/logout");
        }

        world.Sessions.ShouldBe(2, "nor was a session ended");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob");
    }

    [Fact]
    public async Task One_browser_is_signed_in_at_each_apart()
    {
        var (world, _) = await TwoProviders.StartAsync();
        await using var open = world;
        var browser = await world.LogInAsync();
        await browser.OpenAsync("/admin/bff/login?login_hint=bob");
        (await browser.GetAsync("/bff/session")).Text("sub").ShouldBe("alice");
        (await browser.GetAsync("/admin/bff/session")).Text("sub").ShouldBe("bob");
        var link = (await browser.GetAsync("/admin/bff/session")).Text("logoutUrl")!;
        link.ShouldStartWith("/admin/bff/logout?sid=");

        (await browser.GetAsync(link["/admin".Length..])).ShouldBeProblem(400, "invalid_sid");
        (await browser.GetAsync("/bff/session")).Text("sub").ShouldBe("alice");
        await browser.OpenAsync(link);
        (await browser.GetAsync("/admin/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        (await browser.GetAsync("/bff/session")).Text("sub").ShouldBe("alice");
    }

    [Fact]
    public async Task A_silent_sign_in_of_one_continues_no_session_of_another()
    {
        var (world, _) = await TwoProviders.StartAsync(("Bff:FrontEnds:admin:Provider", "default"));
        await using var open = world;
        var browser = await world.LogInAsync();
        await browser.OpenAsync("/admin/bff/login?login_hint=alice");
        var callback = await browser.GoToCallbackAsync("/admin/bff/silent-login");

        var answer = await browser.StepAsync("/signin-oidc" + callback.Query);

        answer.Location?.Query.ShouldContain("error=login_required");
        world.Provider.TokenCalls.Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Standard", "BBA-15")]
    [Trait("Standard", "WEB-10")]
    public async Task An_upstream_gets_no_front_ends_cookie_and_can_set_none()
    {
        var (world, _) = await TwoProviders.StartAsync();
        await using var open = world;
        var browser = await world.LogInAsync();
        await browser.OpenAsync("/admin/bff/login?login_hint=bob");
        browser.Cookies.Set("__Host-bff.gone", "the-key-of-a-front-end-that-was-here");
        browser.Cookies.Set("theirs", "1");
        world.Api.Answers = context =>
        {
            string[] names = [Browser.SessionCookie, TwoProviders.AdminCookie, "__host-BFF.Admin", "__Host-bff.gone", "theirs"];
            context.Response.Headers.SetCookie = names.Select(name => $"{name}=planted; Path=/; Secure").ToArray();
        };

        foreach (var root in new[] { "", "/admin" })
        {
            var answer = await browser.GetAsync(root + "/plain/echo");
            world.Api.LastCall.Header("Cookie").ShouldBe("theirs=1");
            answer.SetCookies.ShouldBe(["theirs=planted; Path=/; Secure"]);
            browser.Cookies.Set("theirs", "1");
        }
    }

    [Fact]
    public async Task An_origin_of_one_may_not_call_another()
    {
        const string Admins = "https://admin.example";
        var (world, _) = await TwoProviders.StartAsync(("Bff:FrontEnds:admin:Origins:0", Admins));
        await using var open = world;
        using var browser = world.NewBrowser();
        foreach (var (root, origin, isAllowed) in new[]
        {
            ("", Browser.SpaOrigin, true), ("/admin", Browser.SpaOrigin, false), ("", Admins, false), ("/admin", Admins, true), ("/Admin", Admins, true),
        })
        {
            var request = browser.Bare(HttpMethod.Get, root + "/bff/session");
            request.Headers.Add("X-CSRF", "1");
            request.Headers.Add("Origin", origin);
            var answer = await browser.SendAsync(request);
            answer.Status.ShouldBe(isAllowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
            (answer.Header("Access-Control-Allow-Credentials") is not null).ShouldBe(isAllowed);

            var preflight = browser.Bare(HttpMethod.Options, root + "/api/echo");
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "GET");
            preflight.Headers.Add("Access-Control-Request-Headers", "x-csrf");
            (await browser.SendAsync(preflight)).Header("Access-Control-Allow-Origin").ShouldBe(isAllowed ? origin : null, root + origin);

            var login = await browser.GetAsync($"{root}/bff/login?returnUrl={origin}/page");
            login.Status.ShouldBe(isAllowed ? HttpStatusCode.Found : HttpStatusCode.BadRequest);
        }
    }
}

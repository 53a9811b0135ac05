using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>An API that wants its user to have signed in in another way, or less long ago (RFC 9470).</summary>
[Trait("Standard", "RFC9470-1")]
public sealed class StepUpTests
{
    private const string Header = "Bff-Step-Up";

    private static readonly (string, string?) RequireAcr = ("Bff:Oidc:RequireAcr", "true");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_page_learns_what_the_API_wants_signs_the_user_in_so_and_its_calls_go_on_with_another_key(int nodeOfTheCallback)
    {
        await using var world = await StartAsync(RequireAcr);
        var nodes = new[] { world.Bff, world.StartBff() };
        var alice = await world.LogInAsync();
        var old = alice.Session!;
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        var refused = await alice.GetAsync("/api/transfer");

        refused.Status.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Header("WWW-Authenticate").ShouldNotBeNull();
        refused.Header("Access-Control-Expose-Headers")!.Split(',').ShouldContain(Header);
        var asked = QueryHelpers.ParseQuery(refused.Header(Header));
        ($"{asked["acr_values"]}", $"{asked["max_age"]}").ShouldBe(("urn:mfa", "300"));
        var login = $"/bff/login?acr_values={asked["acr_values"]}&max_age={asked["max_age"]}";
        await BringAsync(alice, await alice.GoToCallbackAsync(login), nodes[nodeOfTheCallback]);
        var now = world.Clock.Now.ToUnixTimeSeconds();
        await world.AdvanceAsync(TimeSpan.FromSeconds(20));   // nodes that share a file do not notify each other

        alice.Session.ShouldNotBe(old);
        (await alice.GetAsync("/api/transfer")).Status.ShouldBe(HttpStatusCode.OK);
        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("replaced");
        world.Sessions.ShouldBe(1);
        var signedInAt = (await alice.GetAsync("/bff/user")).Json.EnumerateArray().Single(claim => claim.GetProperty("type").GetString() == "auth_time");
        signedInAt.GetProperty("value").GetString().ShouldBe($"{now}");

        // With the key of before nobody gets in.
        alice.Cookies.Take("localhost", [$"{Browser.SessionCookie}={old}; Path=/; Secure; HttpOnly"]);
        (await alice.GetAsync("/api/transfer")).Text("reason").ShouldBe("replaced");
    }

    [Fact]
    public async Task The_stronger_sign_in_stays_with_the_session_when_its_tokens_are_renewed()
    {
        await using var world = await StartAsync(RequireAcr);
        var alice = await world.LogInAsync();
        await alice.OpenAsync("/bff/login?acr_values=urn:mfa");

        await world.AdvanceAsync(world.Provider.Lifetime);
        (await alice.GetAsync("/api/transfer")).Status.ShouldBe(HttpStatusCode.OK);

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=login_required", "it would be a weaker one");
        (await alice.GetAsync("/api/transfer")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Another_users_sign_in_is_a_session_of_theirs()
    {
        await using var world = await StartAsync();
        var browser = await world.LogInAsync();
        await browser.OpenAsync("/bff/login?acr_values=urn:mfa&login_hint=bob");
        (await browser.GetAsync("/api/transfer")).Body.ShouldBe("bob");
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_that_does_not_do_it_leaves_the_session_as_it_was()
    {
        await using var world = await StartAsync(RequireAcr);
        var alice = await world.LogInAsync();
        var key = alice.Session;
        world.Provider.Strength!.AcrInstead = "urn:password";

        var callback = await alice.GoToCallbackAsync("/bff/login?acr_values=urn:mfa&returnUrl=/page");
        (await alice.StepAsync(callback)).Location!.Query.ShouldBe("?error=unmet_authentication_requirements");

        alice.Session.ShouldBe(key);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("/api/transfer", 403)]
    [InlineData("/api/transfer", 200)]
    [InlineData("/plain/transfer", 401)]
    public async Task Only_a_401_of_a_route_that_sends_tokens_asks_for_it(string path, int status)
    {
        await using var world = await World.StartAsync();
        world.Api.Answers = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:mfa\"";
        };
        var alice = await world.LogInAsync();
        (await alice.GetAsync(path)).Header(Header).ShouldBeNull();
    }

    [Theory]
    [InlineData("/api/echo")]
    [InlineData("/plain/echo")]
    public async Task An_API_cannot_say_it_in_our_name(string path)
    {
        await using var world = await World.StartAsync();
        world.Api.Answers = context => context.Response.Headers[Header] = "acr_values=weak";
        (await (await world.LogInAsync()).GetAsync(path)).Header(Header).ShouldBeNull();
    }

    /// <summary>Where the API wants <c>urn:mfa</c> of a token's grant for <c>/api/transfer</c>.</summary>
    private static async Task<World> StartAsync(params (string, string?)[] settings)
    {
        var world = await World.StartAsync(settings);
        world.Provider.Strength = new() { UsualAcr = "urn:password" };
        world.Api.Answers = context =>
        {
            var token = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
            var grant = world.Provider.Grants.FirstOrDefault(known => known.AccessToken?.Value == token);
            if (context.Request.Path != "/api/transfer" || grant?.Acr == "urn:mfa") { return; }
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate =
                "Bearer error=\"insufficient_user_authentication\", error_description=\"A different authentication level is required\", "
                + "acr_values=\"urn:mfa\", max_age=\"300\"";
        };
        return world;
    }

    private static Task<Answer> BringAsync(Browser browser, Uri callback, BffHost node)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = node.Address.Port }.Uri);
        request.Headers.Host = callback.Authority;
        return browser.SendAsync(request);
    }
}

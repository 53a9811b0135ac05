using System.Net;
using static Bff.HostTests.Forwarding.SeveralApis;

namespace Bff.HostTests.Forwarding;

/// <summary>An API answers 401 to a token that should be good.</summary>
public sealed class RefusedTokenTests
{
    [Theory]
    [InlineData("/api/echo", 0)]
    [InlineData("/api/echo", 10_000)]
    [InlineData("/orders/api/echo", 0)]
    [Trait("Standard", "RFC6750-4")]
    public async Task A_revoked_token_is_replaced_once_and_the_call_sent_again(string path, int body)
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        var api = path.StartsWith("/orders", StringComparison.Ordinal) ? apis.OrdersApi : world.Api;
        var alice = await world.LogInAsync();
        (await SendAsync(alice, path, body)).Body.ShouldBe("alice");
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var refreshes = world.Provider.Refreshes;
        world.Provider.RevokeBehindOurBack(api.LastCall.Token!);

        (await world.RunAsync(Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SendAsync(alice, path, body))))).ShouldAllBe(answer => answer.Body == "alice");

        (world.Provider.Refreshes - refreshes).ShouldBe(1);
        api.Calls.Count(call => call.Status == 401).ShouldBeInRange(1, 10);
        if (body > 0) { api.LastCall.Header("Content-Length").ShouldBe($"{body}"); }

        // Once more within the minute: the API's word is passed on.
        world.Provider.RevokeBehindOurBack(api.LastCall.Token!);
        (await world.RunAsync(SendAsync(alice, path, body))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await world.RunAsync(SendAsync(alice, path, body))).Code.ShouldBeNull();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.RunAsync(SendAsync(alice, path, body))).Body.ShouldBe("alice");
        (world.Provider.Refreshes - refreshes).ShouldBe(2);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Theory]
    [InlineData("invalid_target", 1)]
    [InlineData("invalid_grant", 2)]
    public async Task Where_there_is_no_other_token_the_APIs_word_is_passed_on_and_the_provider_asked_once_a_minute(string error, int requests)
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        world.Provider.RevokeBehindOurBack(apis.OrdersApi.LastCall.Token!);
        apis.Apis.Refused[Orders] = error;
        var refreshes = world.Provider.Refreshes;

        for (var round = 0; round < 5; round++)
        {
            var refused = await world.RunAsync(SendAsync(alice, "/orders/api/echo", round == 0 ? 100_000 : 0));
            (refused.Status, refused.Code).ShouldBe((HttpStatusCode.Unauthorized, null));
        }

        await world.SettleAsync();
        apis.OrdersApi.Calls.Count(call => call.Status == 401).ShouldBe(5, "none is sent again with the token of before");
        (world.Provider.Refreshes - refreshes).ShouldBe(requests, "one for the API, and one that finds out about the grant where that is in doubt");
        (await world.RunAsync(alice.GetAsync("/api/echo"))).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData(5_000_000, false)]
    [InlineData(10_000, true)]
    public async Task What_cannot_be_sent_again_is_left_to_the_caller_who_is_told(int body, bool isChunked)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.RevokeBehindOurBack(world.Api.LastCall.Token!);

        var refused = await world.RunAsync(SendAsync(alice, "/api/echo", body, isChunked));

        refused.ShouldBeProblem(503, "token_replaced");
        refused.Header("Retry-After").ShouldBe("1");
        world.Api.Calls.Count.ShouldBe(2);
        (await world.RunAsync(SendAsync(alice, "/api/echo", body, isChunked))).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("DPoP")]
    public async Task A_WebSocket_whose_handshake_was_refused_opens_with_another_token(string type)
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Set("Bff:Oidc:TokenType", type);
            if (type == "DPoP") { (world.Provider.Proofs, world.Api.Proofs.Nonce) = (new(world.Clock), "nonce"); }
        });
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.RevokeBehindOurBack(world.Api.LastCall.Token!);
        world.Api.Answers = context =>
        {
            if (context.Response.StatusCode == 401) { context.Response.Headers.WWWAuthenticate = $"{type} error=\"invalid_token\""; }
        };

        await using var socket = await world.RunAsync(OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket"));

        world.Api.Calls.TakeLast(2).Select(call => call.Status).ShouldBe([401, 200]);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_401_about_something_else_or_twice_in_a_row_is_passed_on()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Api.Answers = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\"";
        };
        (await alice.GetAsync("/api/echo")).Header("Bff-Step-Up").ShouldNotBeNull();
        world.Provider.Refreshes.ShouldBe(0);

        world.Api.Answers = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        };
        var answer = await world.RunAsync(alice.GetAsync("/api/echo"));
        (answer.Status, answer.Code, answer.Header("WWW-Authenticate")).ShouldBe((HttpStatusCode.Unauthorized, null, "Bearer error=\"invalid_token\""));
        world.Provider.Refreshes.ShouldBe(1);
        world.Api.Calls.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("/api/echo")]
    [InlineData("/orders/api/echo")]
    public async Task A_grant_that_is_over_is_found_out_so(string path)
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        var (alice, api) = (await world.LogInAsync(), path == "/api/echo" ? world.Api : apis.OrdersApi);
        (await alice.GetAsync(path)).Body.ShouldBe("alice");
        world.Provider.RevokeBehindOurBack(api.LastCall.Token!);
        world.Provider.Grant.Over = true;

        (await world.RunAsync(alice.GetAsync(path))).ShouldBeProblem(401, "session_ended");
    }

    [Fact]
    public async Task And_so_is_one_that_the_first_call_to_an_API_finds_over()
    {
        await using var apis = await StartAsync();
        var alice = await apis.World.LogInAsync();
        apis.World.Provider.Grant.Over = true;

        (await apis.World.RunAsync(alice.GetAsync("/orders/api/echo"))).ShouldBeProblem(401, "session_ended");
    }

    [Fact]
    public async Task A_client_token_that_was_revoked_is_replaced_for_both_nodes()
    {
        await using var apis = await StartAsync("Client");
        var (world, here) = (apis.World, apis.World.NewBrowser());
        var there = world.NewBrowser(world.StartBff());
        (await here.GetAsync("/orders/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        (await there.GetAsync("/orders/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.RevokeBehindOurBack(apis.OrdersApi.LastCall.Token!);

        (await world.RunAsync(here.GetAsync("/orders/api/echo"))).Body.ShouldBe(world.Provider.ClientSubject);
        (await world.RunAsync(there.GetAsync("/orders/api/echo"))).Body.ShouldBe(world.Provider.ClientSubject);

        apis.Apis.CountOf(Orders).ShouldBe(2);
        world.Provider.RevokeBehindOurBack(apis.OrdersApi.LastCall.Token!);
        (await world.RunAsync(here.GetAsync("/orders/api/echo"))).Status.ShouldBe(HttpStatusCode.Unauthorized, "once a minute");
    }

    private static Task<Answer> SendAsync(Browser browser, string path, int body, bool isChunked = false)
    {
        if (body == 0) { return browser.GetAsync(path); }
        var request = browser.Script(HttpMethod.Post, path);
        request.Headers.TransferEncodingChunked = isChunked;
        request.Content = new ByteArrayContent(new byte[body]);
        return browser.SendAsync(request);
    }
}

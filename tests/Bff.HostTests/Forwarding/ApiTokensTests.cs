using System.Net;
using static Bff.HostTests.Forwarding.SeveralApis;

namespace Bff.HostTests.Forwarding;

/// <summary>One session, several access tokens for several APIs.</summary>
public sealed class ApiTokensTests
{
    [Theory]
    [InlineData("User", "refresh_token", 10_000)]
    [InlineData("Exchange", "token-exchange", 300)]
    [Trait("Standard", "RFC8707-3")]
    public async Task First_calls_to_two_audiences_on_two_nodes_cost_one_request_each_and_no_token_gets_to_the_other_API(
        string token, string grant, int calls)
    {
        await using var apis = await StartAsync(token);
        var world = apis.World;
        world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(20));
        var here = await world.LogInAsync();
        var there = apis.At(world.StartBff(), here);

        var answers = await world.RunAsync(Task.WhenAll(
            Enumerable.Range(0, 50).Select(number => (number % 2 == 0 ? here : there).GetAsync($"/{(number % 4 < 2 ? Orders : Billing)}/api/echo"))));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        apis.Apis.Requests.Select(request => (request.Grant, request.Audience)).ShouldBe([(grant, Orders), (grant, Billing)], ignoreOrder: true);
        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Faults.ComeBack();

        // Mixed calls, own token among them.
        var bob = await world.LogInAsync("bob");
        Browser[] browsers = [here, there, bob];
        foreach (var some in Enumerable.Range(0, calls).Chunk(60))
        {
            var mixed = await world.RunAsync(Task.WhenAll(some.Select(number => CallAsync(browsers[number % 3], number % 7))));
            mixed.ShouldAllBe(answer => answer.Body == answer.User);
        }

        (apis.OrdersApi.Misled, apis.BillingApi.Misled, apis.OrdersApi.Refused, apis.BillingApi.Refused).ShouldBe((0, 0, 0, 0));
        apis.Apis.Requests.Count.ShouldBe(4, "two for each session");

        async Task<(string User, string Body)> CallAsync(Browser browser, int which) => (browser == bob ? "bob" : "alice",
            (await browser.GetAsync(which is 0 or 1 ? "/api/echo" : which % 2 == 0 ? "/orders/api/echo" : "/billing/api/echo")).Body);
    }

    [Fact]
    public async Task Each_token_is_renewed_by_its_own_times_also_after_a_restart_and_while_nobody_calls()
    {
        await using var apis = await StartAsync(prepare: world =>
        {
            world.Set("Bff:Sessions:IdleTimeout", "02:00:00");
            world.Set("Bff:Renewal:ApiTokenIdleTimeout", "00:40:00");
        });
        var world = apis.World;
        world.Provider.Lifetime = TimeSpan.FromMinutes(10);
        apis.Apis.SetLifetime(Orders, TimeSpan.FromMinutes(5));
        apis.Apis.SetLifetime(Billing, TimeSpan.FromMinutes(14));
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/billing/api/echo")).Body.ShouldBe("alice");
        var own = world.Provider.Refreshes - apis.Apis.Requests.Count;

        await world.AdvanceAsync(TimeSpan.FromMinutes(16));
        await world.RestartBffAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(14));

        apis.Apis.CountOf(Orders).ShouldBeInRange(8, 9, "the first, and one each 3:30 to 4:00 of 30 minutes");
        apis.Apis.CountOf(Billing).ShouldBe(3);
        (world.Provider.Refreshes - apis.Apis.Requests.Count - own).ShouldBe(3);
        world.Provider.Reuses.ShouldBe(0);
        var requests = apis.Apis.Requests.Count;
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/billing/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        apis.Apis.Requests.Count.ShouldBe(requests, "no call had to wait for a token");

        // Orders is in use, billing is not: after 40 minutes without a call it is left to expire.
        for (var minute = 0; minute < 60; minute += 3)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(3));
            (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
        }

        var (orders, billing) = (apis.Apis.CountOf(Orders), apis.Apis.CountOf(Billing));
        await world.AdvanceAsync(TimeSpan.FromMinutes(15));
        apis.Apis.CountOf(Orders).ShouldBeGreaterThan(orders + 2);
        apis.Apis.CountOf(Billing).ShouldBe(billing);
        (await world.RunAsync(alice.GetAsync("/billing/api/echo"))).Body.ShouldBe("alice");
        apis.Apis.CountOf(Billing).ShouldBe(billing + 1);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Theory]
    [InlineData("invalid_target", 502, "api_token_refused")]
    [InlineData("invalid_scope", 502, "api_token_refused")]
    [InlineData("access_denied", 403, "api_not_granted")]
    [InlineData("consent_required", 403, "api_not_granted")]
    [InlineData("invalid_grant", 502, "api_token_refused")]
    [Trait("Standard", "RFC8707-4")]
    public async Task A_refused_audience_harms_neither_the_session_nor_another_token_and_is_no_loop(string error, int status, string code)
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        apis.Apis.Refused[Billing] = error;

        for (var round = 0; round < 5; round++)
        {
            var refused = await world.RunAsync(alice.GetAsync("/billing/api/echo"));
            refused.ShouldBeProblem(status, code);
            refused.Text("providerError").ShouldBe(error);
            (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
            (await world.RunAsync(alice.GetAsync("/api/echo"))).Body.ShouldBe("alice");
        }

        apis.Apis.CountOf(Billing).ShouldBe(1);
        apis.BillingApi.Calls.ShouldBeEmpty();
        using (var ops = new OpsClient(world.Bff))
        {
            var known = (await ops.GetAsync("/sessions/" + (await ops.FindAsync())[0])).Json.GetProperty("apiTokens").EnumerateArray();
            known.Select(token => (token.GetProperty("api").GetString(), token.TryGetProperty("error", out var said) ? said.GetString() : null))
                .ShouldBe([(Orders, null), (Billing, error)], ignoreOrder: true);
            ops.Received.ShouldAllBe(answer => !answer.Body.Contains(apis.OrdersApi.LastCall.Token!, StringComparison.Ordinal));
        }

        world.Ask("SELECT failures FROM sessions").ShouldBe(0);
        (await alice.GetAsync("/bff/session")).Text("renewal").ShouldBe("background");
        await world.AdvanceAsync(TimeSpan.FromMinutes(9));
        apis.Apis.CountOf(Billing).ShouldBe(1, "the background does not ask for it");

        apis.Apis.Refused.Clear();
        (await world.RunAsync(alice.GetAsync("/billing/api/echo"))).Body.ShouldBe("alice");
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
        world.Provider.Reuses.ShouldBe(0);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_grant_that_one_API_puts_in_doubt_is_renewed_at_once_and_neither_is_asked_again_and_again()
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        world.Provider.Lifetime = TimeSpan.FromHours(1);
        apis.Apis.SetLifetime(Orders, TimeSpan.FromMinutes(5));
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        var own = world.Provider.Grant.AccessToken!.Value;
        apis.Apis.Refused[Billing] = "invalid_grant";

        (await world.RunAsync(alice.GetAsync("/billing/api/echo"))).ShouldBeProblem(502, "api_token_refused");
        await world.SettleAsync();
        apis.Apis.CountOf(Orders).ShouldBe(1, "that of the sign-in is renewed, not the one that is due next");
        world.Provider.Grant.AccessToken!.Value.ShouldNotBe(own);

        // In the background: orders, whose token is in use, is refused from now on.
        apis.Apis.Refused[Orders] = "invalid_grant";
        var refreshes = world.Provider.Refreshes;
        await world.AdvanceAsync(TimeSpan.FromMinutes(5.5));
        apis.Apis.CountOf(Orders).ShouldBeInRange(2, 3, "when it was due, and a minute later");
        (world.Provider.Refreshes - refreshes).ShouldBe(2 * (apis.Apis.CountOf(Orders) - 1), "the session's own each time");
        (await world.RunAsync(alice.GetAsync("/api/echo"))).Body.ShouldBe("alice");
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "RFC8707-2")]
    public async Task A_route_says_resource_and_scope_in_the_words_of_the_standard()
    {
        const string address = "https://orders.example";
        await using var apis = await StartAsync(prepare: world =>
        {
            world.Provider.Apis = new(address);
            AddRoute(world, "by-address", "User", metadata: [("Bff.Resource", address), ("Bff.Scope", "orders.read orders.write")]);
        });
        var alice = await apis.World.LogInAsync();

        (await alice.GetAsync("/by-address/api/echo")).Body.ShouldBe("alice");

        var asked = apis.World.Provider.TokenCalls.Last();
        (asked["grant_type"], asked["resource"], asked["scope"]).ShouldBe(("refresh_token", address, "orders.read orders.write"));
        asked.ShouldNotContainKey("audience");
    }

    [Theory]
    [InlineData("issued_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]
    [InlineData("token_type", "N_A")]
    [Trait("Standard", "RFC8693-1")]
    [Trait("Standard", "RFC8693-2")]
    [Trait("Standard", "RFC8693-3")]
    public async Task An_exchange_says_what_it_gives_and_wants_and_what_is_no_access_token_is_not_sent(string field, string wrong)
    {
        await using var apis = await StartAsync("Exchange");
        var world = apis.World;
        var alice = await world.LogInAsync();
        apis.Apis.SetLifetime(Orders, TimeSpan.FromHours(1));
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        var asked = world.Provider.TokenCalls.Last();
        asked["grant_type"].ShouldBe("urn:ietf:params:oauth:grant-type:token-exchange");
        asked["subject_token"].ShouldBe(world.Provider.Grant.AccessToken!.Value);
        asked["subject_token_type"].ShouldBe("urn:ietf:params:oauth:token-type:access_token");
        asked["requested_token_type"].ShouldBe("urn:ietf:params:oauth:token-type:access_token");

        world.Provider.ShapeTokenAnswer = answer => answer[field] = wrong;
        var refused = await world.RunAsync(alice.GetAsync("/billing/api/echo"));
        refused.ShouldBeProblem(502, "api_token_refused");
        refused.Text("providerError").ShouldBe(field);
        apis.BillingApi.Calls.ShouldBeEmpty();
        world.Sessions.ShouldBe(1);

        // However long the provider lets it live: no longer than the token it came from.
        world.Provider.ShapeTokenAnswer = _ => { };
        world.Clock.Advance(world.Provider.Lifetime);
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
        apis.Apis.CountOf(Orders).ShouldBe(2);
    }

    [Fact]
    public async Task A_provider_that_is_down_costs_an_API_its_calls_only_once_its_token_has_expired()
    {
        await using var apis = await StartAsync();
        var world = apis.World;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        world.Provider.GoDown();

        (await world.RunAsync(alice.GetAsync("/billing/api/echo"))).ShouldBeProblem(503, "provider_unavailable");
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
        world.Clock.Advance(TimeSpan.FromMinutes(4.5));
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body.ShouldBe("alice");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).ShouldBeProblem(503, "provider_unavailable");

        world.Provider.ComeBack();
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).Body == "alice"
                && (await world.RunAsync(alice.GetAsync("/billing/api/echo"))).Body == "alice";
        });
        world.Provider.Reuses.ShouldBe(0);
    }

    [Theory]
    [InlineData("User")]
    [InlineData("Client")]
    public async Task A_token_that_expires_while_another_is_waited_for_is_not_sent(string token)
    {
        await using var apis = await StartAsync(token);
        var world = apis.World;
        world.Provider.Lifetime = TimeSpan.FromHours(1);
        apis.Apis.SetLifetime(Orders, TimeSpan.FromMinutes(5));
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Hang();
        world.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1.5));

        var call = alice.GetAsync("/orders/api/echo");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        while (!call.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Eventually.ShortlyAsync();
        }

        (await call).ShouldBeProblem(503, "provider_unavailable");
        apis.OrdersApi.Calls.Count.ShouldBe(1, "it had expired by then");
    }

    [Fact]
    public async Task A_route_of_one_provider_takes_no_token_of_another()
    {
        var (world, staff) = await TwoProviders.StartAsync(staff => staff.Apis = new(Orders), Routes());
        await using var _ = world;
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAtAdminAsync());

        var refused = await alice.GetAsync("/staff-user/api/echo");
        refused.ShouldBeProblem(401, "other_provider");
        refused.Text("detail").ShouldBe("Sign in at /bff/login?provider=staff.");
        (await alice.GetAsync("/staff-user-or-client/api/echo")).ShouldBeProblem(401, "other_provider");
        (await alice.GetAsync("/staff-user-or-none/echo")).Body.ShouldBe("nobody");
        (await alice.GetAsync("/staff-client/api/echo")).Body.ShouldBe(staff.ClientSubject);
        foreach (var route in new[] { "user", "user-or-client", "user-or-none" })
        {
            (await bob.GetAsync($"/admin/staff-{route}/api/echo")).Body.ShouldBe("bob");
        }

        world.Provider.TokenCalls.ShouldAllBe(form => form["grant_type"] == "authorization_code");

        static (string, string?)[] Routes() =>
        [
            .. new[] { ("user", "User"), ("user-or-none", "UserOrNone"), ("client", "Client"), ("user-or-client", "UserOrClient") }.SelectMany(route => new[]
            {
                ($"ReverseProxy:Routes:{route.Item1}:ClusterId", (string?)"api"),
                ($"ReverseProxy:Routes:{route.Item1}:Match:Path", $"/staff-{route.Item1}/{{**rest}}"),
                ($"ReverseProxy:Routes:{route.Item1}:Metadata:Bff.Token", route.Item2),
                ($"ReverseProxy:Routes:{route.Item1}:Metadata:Bff.Provider", "staff"),
                ($"ReverseProxy:Routes:{route.Item1}:AuthorizationPolicy", "anonymous"),
                ($"ReverseProxy:Routes:{route.Item1}:Transforms:0:PathRemovePrefix", $"/staff-{route.Item1}"),
            }),
        ];
    }

    [Fact]
    public async Task Bound_tokens_of_all_APIs_have_the_sessions_one_key()
    {
        await using var apis = await StartAsync(prepare: world =>
        {
            world.Provider.Proofs = new(world.Clock);
            world.Set("Bff:Oidc:TokenType", "DPoP");
        });
        var alice = await apis.World.LogInAsync();
        foreach (var path in new[] { "/api/echo", "/orders/api/echo", "/billing/api/echo", "/orders/api/echo" })
        {
            (await alice.GetAsync(path)).Body.ShouldBe("alice");
        }

        foreach (var api in new[] { apis.OrdersApi, apis.BillingApi })
        {
            api.LastCall.Header("Authorization")!.ShouldStartWith("DPoP ");
            api.Proofs.Keys.Keys.ShouldBe([apis.World.Provider.Grant.AccessToken!.KeyThumbprint!]);
        }
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Providers;

/// <summary>
/// Tokens that are bound to a key of their session (RFC 9449), at a provider that issues no others and at APIs that check each proof with Microsoft's library.
/// </summary>
public sealed class BoundTokenTests
{
    private const string Nonce = "nonce-of-the-";

    private static readonly string[] Loud = ["Default", "Microsoft", "Microsoft.AspNetCore", "Yarp", "System.Net.Http"];

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    [Trait("Standard", "RFC9449-1")]
    [Trait("Standard", "RFC9449-3"), Trait("Standard", "RFC9449-4")]
    public async Task A_day_on_two_nodes_with_two_APIs(bool providerWantsNonces, bool apisWantNonces, bool isPushed)
    {
        PretendApi? orders = null;
        await using var world = await World.StartPreparedAsync(async world =>
        {
            Bind(world);
            world.Provider.RequiresPushedRequests = isPushed;
            if (providerWantsNonces) { world.Provider.Proofs!.Checker.Nonce = Nonce + "provider"; }
            orders = await PretendApi.StartAsync(world.Provider, world.Clock);
            AddApi(world, orders);
            if (apisWantNonces) { (world.Api.Proofs.Nonce, orders.Proofs.Nonce) = (Nonce + "api", Nonce + "orders"); }
        });
        var here = await world.LogInAsync();
        var bob = await world.LogInAsync("bob");
        var there = SameBrowserAt(world, here, world.StartBff());
        for (var round = 0; round < 3; round++)
        {
            if (apisWantNonces) { world.Api.Proofs.Nonce = $"{Nonce}api-{round}"; }
            foreach (var (browser, user) in new[] { (here, "alice"), (there, "alice"), (bob, "bob") })
            {
                (await browser.GetAsync("/api/echo?x=1")).Body.ShouldBe(user);
                (await browser.GetAsync("/orders/api/list/%C3%A4%20b")).Body.ShouldBe(user);
                (await PostAsync(browser, "/api/echo", "some body")).Body.ShouldBe(user);
            }

            await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        }

        world.Provider.Grants.ShouldAllBe(grant => grant.Used.Count >= 3 && grant.MostAtOnce == 1);
        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Refusals.Where(refusal => refusal.Error != ProofChecker.NonceWanted).ShouldBeEmpty();
        world.Provider.Refusals.Count.ShouldBeInRange(providerWantsNonces ? 1 : 0, providerWantsNonces ? 4 : 0, "a node learns it for all its calls");
        foreach (var api in new[] { world.Api, orders! })
        {
            api.Calls.ShouldAllBe(call => call.Header("Authorization")!.StartsWith("DPoP ", StringComparison.Ordinal));
            api.ProofRefusals.ShouldAllBe(reason => reason == "another nonce");
            api.ProofRefusals.IsEmpty.ShouldBe(!apisWantNonces);
            api.Proofs.Keys.Keys.ShouldBe(world.Provider.Grants.Select(grant => grant.AccessToken!.KeyThumbprint!), ignoreOrder: true);
        }

        here.Received.Concat(there.Received).ShouldAllBe(answer => answer.Header("DPoP-Nonce") == null);
        await here.PostAsync("/bff/logout");
        (await there.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await world.SeesRevocationAsync();
        await orders!.DisposeAsync();
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public async Task Each_sign_in_has_a_key_of_its_own_and_its_code_is_bound_to_it()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var first = await world.LogInAsync();
        await first.OpenAsync("/bff/login?login_hint=alice");
        await world.LogInAsync("bob");

        var keys = world.Provider.Grants.Select(grant => grant.AccessToken!.KeyThumbprint!).ToList();

        keys.Distinct().Count().ShouldBe(3);
        world.Provider.Authorizations.Select(asked => asked["dpop_jkt"]).ShouldBe(keys);
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public async Task A_code_is_of_no_use_with_another_key()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = world.NewBrowser();
        var there = await alice.StepAsync("/bff/login?login_hint=alice");
        var jkt = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(there.Location!.Query)["dpop_jkt"].ToString();
        var forged = new Uri(there.Location.AbsoluteUri.Replace(jkt, new string('A', jkt.Length), StringComparison.Ordinal));
        var callback = (await alice.StepAsync(forged)).Location!;

        await alice.StepAsync(callback);

        world.Provider.Refusals.Last().Reason.ShouldBe("a code of another key");
        world.Sessions.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "RFC9449-5")]
    public async Task A_silent_sign_in_keeps_its_sessions_key_so_that_a_refresh_token_bound_to_it_stays_good(bool isPublic)
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            if (!isPublic) { return; }
            MakePublic(world);
            world.Provider.Proofs!.BindsRefreshTokens = true;
        });
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant;
        world.Provider.GivesRefreshTokens = false;

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");

        world.Provider.Grant.AccessToken!.KeyThumbprint.ShouldBe(first.AccessToken!.KeyThumbprint);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.GivesRefreshTokens = true;
        await world.AdvanceUntilAsync(() => first.Used.Count > 0, TimeSpan.FromMinutes(6));
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/api/echo")).Body == "alice" && world.Api.LastCall.Token == first.AccessToken!.Value);
        world.Provider.Refusals.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "RFC9449-3")]
    public async Task A_nonce_that_the_provider_asks_for_costs_a_renewal_neither_its_refresh_token_nor_its_schedule()
    {
        using var key = TokenKey.Create("ES256");
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            world.Provider.ClientRule = ClientRule.PrivateKeyJwt(key.PublicJwk, "ES256", key.Kid);   // an assertion is good once
            world.Set("Bff:Oidc:ClientSecret", null);
            world.Set("Bff:Oidc:ClientKey", key.PrivateJwk);
        });
        foreach (var number in Enumerable.Range(1, 8)) { await world.LogInAsync("user" + number); }
        for (var minute = 0; minute < 17; minute++)
        {
            world.Provider.Proofs!.Checker.Nonce = $"{Nonce}provider-{minute}";
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
            world.Ask("SELECT MAX(failures) FROM sessions").ShouldBe(0);
        }

        world.Provider.Grants.ShouldAllBe(grant => grant.Used.Count == 4 && grant.MostAtOnce == 1, "as without nonces");
        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Refusals.ShouldNotBeEmpty();
        world.Provider.Refusals.ShouldAllBe(refusal => refusal.Error == ProofChecker.NonceWanted);
        world.Bff.Services.GetRequiredService<ProviderSet>().Default.Gate.State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    [Trait("Standard", "RFC9449-3")]
    public async Task A_provider_that_asks_for_a_nonce_and_gives_none_is_asked_once()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        var calls = world.Provider.TokenCalls.Count;
        world.Provider.Faults.AnswerWith(400, """{"error":"use_dpop_nonce"}""");

        (await alice.PostAsync("/bff/renew")).Status.ShouldNotBe(HttpStatusCode.OK);

        world.Provider.Refreshes.ShouldBe(1, "there is no other nonce to try");
        world.Provider.TokenCalls.Count.ShouldBe(calls);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task A_call_is_repeated_once_with_the_nonce_that_its_API_asks_for()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Proofs.Nonce = Nonce + "1";
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.Calls.Select(call => call.Status).ShouldBe([401, 200]);

        // Its answers bring the next one, and no further call is refused.
        world.Api.Answers = context => context.Response.Headers["DPoP-Nonce"] = Nonce + "2";
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.Proofs.Nonce = Nonce + "2";
        (await PostAsync(alice, "/api/echo", "a body")).Body.ShouldBe("alice");
        world.Api.Calls.Count.ShouldBe(4);

        world.Api.Answers = _ => { };
        world.Api.Proofs.Nonce = Nonce + "3";
        (await PostAsync(alice, "/api/echo", "a body that is sent twice")).Body.ShouldBe("alice");
        world.Api.Calls.Count.ShouldBe(6);
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task An_API_that_is_content_with_no_nonce_is_asked_twice()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Proofs.IsNeverContent = true;

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_invalid_response");

        world.Api.Calls.Count.ShouldBe(2);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("it asks for a nonce", StringComparison.Ordinal));
        (await PostAsync(alice, "/api/echo", new string('x', 100_000))).ShouldBeProblem(503, "proof_outdated");
        world.Api.Calls.Count.ShouldBe(3);
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task An_API_that_asks_for_a_nonce_and_gives_none_is_asked_once()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Answers = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "DPoP error=\"use_dpop_nonce\"";
        };

        (await PostAsync(alice, "/api/echo", new string('x', 100_000))).ShouldBeProblem(502, "upstream_invalid_response");
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_invalid_response");

        world.Api.Calls.Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Standard", "RFC9449-3")]
    public async Task A_provider_that_is_content_with_no_nonce_is_asked_twice_and_again_soon()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        var calls = world.Provider.TokenCalls.Count;
        world.Provider.Proofs!.Checker.IsNeverContent = true;

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "provider_unavailable");

        world.Provider.TokenCalls.Count.ShouldBe(calls + 2);
        world.Provider.Proofs.Checker.IsNeverContent = false;
        await world.AdvanceUntilAsync(() => world.Ask("SELECT failures FROM sessions") == 0, TimeSpan.FromSeconds(30));
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task Calls_at_once_are_each_repeated_with_the_nonce_of_their_own_challenge()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Proofs.IsByPath = true;

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => alice.GetAsync($"/api/{number % 4}")));

        answers.ShouldAllBe(answer => answer.Body == "alice");
        world.Api.Calls.Count.ShouldBeInRange(44, 80);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "RFC9449-4")]
    public async Task A_call_that_cannot_be_sent_twice_is_for_the_page_to_repeat(bool isChunked)
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Proofs.Nonce = Nonce + "1";
        var body = new string('x', 100_000);

        var refused = await PostAsync(alice, "/api/echo", body, isChunked);

        refused.ShouldBeProblem(503, "proof_outdated");
        refused.Header("Retry-After").ShouldBe("1");
        refused.Header("DPoP-Nonce").ShouldBeNull();
        (await PostAsync(alice, "/api/echo", body, isChunked)).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task A_large_body_that_the_API_has_not_asked_for_yet_is_sent_with_the_nonce()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Proofs.Nonce = Nonce + "1";

        (await PostAsync(alice, "/api/echo", new string('x', 2_000_000))).Body.ShouldBe("alice");

        world.Api.Calls.Select(call => call.Status).ShouldBe([401, 200]);
    }

    [Fact]
    [Trait("Standard", "RFC9449-4")]
    public async Task A_401_about_anything_else_reaches_the_page_as_it_is()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Api.Answers = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "DPoP error=\"insufficient_user_authentication\", acr_values=\"gold\"";
        };

        var answer = await alice.GetAsync("/api/echo");

        answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Header("WWW-Authenticate")!.ShouldContain("insufficient_user_authentication");
        world.Api.Calls.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "RFC9449-2")]
    public async Task A_proof_names_the_address_that_is_called_and_not_the_one_the_page_used()
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            foreach (var (name, transform, value) in new[]
            {
                ("cut", "PathRemovePrefix", "/cut"), ("set", "PathSet", "/api/elsewhere"), ("hosted", "RequestHeaderOriginalHost", "true"),
            })
            {
                var route = "ReverseProxy:Routes:" + name;
                world.Set(route + ":ClusterId", "api");
                world.Set(route + ":Match:Path", $"/{name}/{{**rest}}");
                world.Set(route + ":Metadata:Bff.Token", "User");
                world.Set(route + ":AuthorizationPolicy", "default");
                world.Set($"{route}:Transforms:0:{transform}", value);
            }

            world.Set("ReverseProxy:Routes:hosted:Transforms:1:PathRemovePrefix", "/hosted");
        });
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/cut/api/a%2Fb/c%20d?x=1&y=%2F")).Body.ShouldBe("alice");
        (await alice.GetAsync("/set/x")).Body.ShouldBe("alice");
        (await alice.GetAsync("/hosted/api/x")).Body.ShouldBe("alice");

        world.Api.ProofRefusals.ShouldBeEmpty();
        world.Api.Proofs.Taken.Select(proof => new Uri(proof.GetPayloadValue<string>("htu")).Authority)
            .ShouldBe([new Uri(world.Api.Address).Authority, new Uri(world.Api.Address).Authority, world.Bff.Address.Authority]);
    }

    [Fact]
    [Trait("Standard", "RFC9449-1")]
    public async Task What_is_not_ours_proves_nothing_at_an_API()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        var (authorization, proof) = (world.Api.LastCall.Header("Authorization")!, world.Api.LastCall.Header("DPoP")!);

        (await CallAsync(world, authorization, proof, "/api/echo")).ShouldBe("a jti of before");
        (await CallAsync(world, authorization, proof, "/api/other")).ShouldStartWith("another htu");
        (await CallAsync(world, authorization, proof: null, "/api/echo")).ShouldBe("no proof, or several");
        (await CallAsync(world, "Bearer " + world.Api.Calls.First().Token, proof: null, "/api/echo")).ShouldBe("a bound token as a bearer token");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await CallAsync(world, authorization, proof, "/api/echo")).ShouldBe("an iat that is not now");
    }

    [Fact]
    [Trait("Standard", "SEC-8")]
    public async Task A_proof_of_the_browsers_goes_nowhere()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        foreach (var browser in new[] { world.NewBrowser(), await world.LogInAsync() })
        {
            foreach (var path in new[] { "/open/echo", "/plain/echo" })
            {
                var request = browser.Script(HttpMethod.Get, path);
                request.Headers.Add("DPoP", "planted");
                (await browser.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
                world.Api.LastCall.Headers.Values.ShouldAllBe(value => !value.Contains("planted", StringComparison.Ordinal));
            }
        }

        world.Api.Calls.Count(call => call.Header("DPoP") is not null).ShouldBe(1, "the one that goes with a token");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "RFC9449-1")]
    public async Task A_WebSocket_opens_with_a_proof(bool apiWantsNonces)
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        if (apiWantsNonces) { world.Api.Proofs.Nonce = Nonce + "1"; }

        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");

        world.Api.LastCall.Status.ShouldBe(200);
        socket.IsOpen.ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "RFC9449-7")]
    public async Task Userinfo_is_asked_with_a_proof(bool wantsNonces)
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            world.Provider.UserInfo = new();
            world.Set("Bff:Oidc:UserInfo", "Always");
            if (wantsNonces) { world.Provider.Proofs!.Checker.Nonce = Nonce + "provider"; }
        });

        var alice = await world.LogInAsync();

        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("Name of alice");
        world.Provider.UserInfoCalls.Count.ShouldBe(wantsNonces ? 2 : 1);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("N_A")]
    [Trait("Standard", "RFC9449-6")]
    public async Task A_provider_that_binds_no_tokens_signs_nobody_in(string type)
    {
        await using var world = await World.StartPreparedAsync(Bind);
        world.Provider.Proofs!.TokenType = type;

        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");

        world.Sessions.ShouldBe(0);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("token_type", StringComparison.Ordinal)
            && (type != "Bearer" || line.Contains("Bff:Oidc:TokenType asks for DPoP", StringComparison.Ordinal)));
        await world.SeesRevocationAsync();
    }

    [Fact]
    [Trait("Standard", "RFC9449-6")]
    public async Task A_renewal_that_brings_a_bearer_token_is_no_renewal_and_its_refresh_token_is_kept()
    {
        await using var world = await World.StartPreparedAsync(Bind);
        var alice = await world.LogInAsync();
        world.Provider.Proofs!.TokenType = "Bearer";
        (await alice.PostAsync("/bff/renew")).Status.ShouldNotBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Provider.Proofs.TokenType = "DPoP";
        await world.AdvanceUntilAsync(() => world.Ask("SELECT failures FROM sessions") == 0, TimeSpan.FromMinutes(2));
        await world.SendsNewestTokenAsync(alice);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "RFC9449-6")]
    public async Task A_bound_token_nobody_asked_for_is_refused()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = "DPoP";
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public async Task Sessions_of_before_the_setting_get_their_key_at_their_next_renewal_and_lose_it_when_it_is_taken_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Provider.Proofs = new(world.Clock);
        await world.RestartBffAsync(("Bff:Oidc:TokenType", "DPoP"));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "with the bearer token it has");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        await world.SendsNewestTokenAsync(alice);
        world.Provider.Grant.AccessToken!.KeyThumbprint.ShouldNotBeNull();
        world.Api.LastCall.Header("Authorization")!.ShouldStartWith("DPoP ");

        world.Provider.Proofs = null;
        await world.RestartBffAsync(("Bff:Oidc:TokenType", null));
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        (await world.RunAsync(alice.PostAsync("/bff/renew"))).Status.ShouldBe(HttpStatusCode.OK);
        await world.SendsNewestTokenAsync(alice);
        world.Api.LastCall.Header("Authorization")!.ShouldStartWith("Bearer ");
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public async Task A_refresh_token_that_came_in_a_useless_answer_is_stored_with_the_key_it_is_bound_to()
    {
        await using var world = await World.StartPreparedAsync(MakePublic);
        var alice = await world.LogInAsync();
        world.Provider.Proofs = new(world.Clock) { BindsRefreshTokens = true };
        await world.RestartBffAsync(("Bff:Oidc:TokenType", "DPoP"));
        world.Provider.ShapeTokenAnswer = answer => answer.Remove("access_token");
        (await alice.PostAsync("/bff/renew")).Status.ShouldNotBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "with the bearer token it has");
        world.Api.LastCall.Header("Authorization")!.ShouldStartWith("Bearer ");

        world.Provider.ShapeTokenAnswer = _ => { };
        await world.AdvanceUntilAsync(() => world.Ask("SELECT failures FROM sessions") == 0, TimeSpan.FromMinutes(2));

        await world.SendsNewestTokenAsync(alice);
        world.Api.LastCall.Header("Authorization")!.ShouldStartWith("DPoP ");
        world.Provider.Refusals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("DPoP")]
    [InlineData("Bearer")]
    [Trait("Standard", "RFC9449-5")]
    public async Task A_silent_sign_in_keeps_the_key_also_when_the_setting_was_taken_back(string type)
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            MakePublic(world);
            world.Provider.Proofs!.BindsRefreshTokens = true;
        });
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant;
        await world.RestartBffAsync(("Bff:Oidc:TokenType", null));
        (world.Provider.GivesRefreshTokens, world.Provider.Proofs!.TokenType) = (false, type);

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");

        world.Provider.GivesRefreshTokens = true;
        await world.AdvanceUntilAsync(() => first.Used.Count > 0, TimeSpan.FromMinutes(6));
        world.Provider.Refusals.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public async Task The_key_is_in_no_log_no_response_and_no_file_in_the_clear()
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            Bind(world);
            foreach (var category in Loud)
            {
                world.Set($"Logging:LogLevel:{category}", "Trace");
                world.Set($"Logging:Capture:LogLevel:{category}", "Trace");
            }
        });
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        await alice.PostAsync("/bff/renew");
        await alice.OpenAsync("/bff/silent-login");
        var id = new SessionId(ReadText(world, "SELECT id FROM sessions"));
        var key = (await world.Bff.Services.GetRequiredService<ISessionStore>().FindAsync(id, CancellationToken.None))!.Tokens!.ProofKey!;
        await alice.GetAsync("/api/nothing");
        await alice.PostAsync("/bff/logout");

        key.Length.ShouldBe(43);
        world.Bff.Logs.Lines.ShouldContain(line => line.StartsWith("Trace", StringComparison.Ordinal));
        world.Bff.Logs.Lines.ShouldAllBe(line => !line.Contains(key, StringComparison.Ordinal));
        var files = Directory.EnumerateFiles(world.Folder, "*", SearchOption.AllDirectories).Select(ReadShared).ToList();
        files.ShouldAllBe(text => !text.Contains(key, StringComparison.Ordinal));
        alice.Received.ShouldAllBe(answer => !JsonSerializer.Serialize(answer.Headers, JsonSerializerOptions.Web).Contains(key, StringComparison.Ordinal)
            && !answer.Body.Contains(key, StringComparison.Ordinal));
        world.Api.Calls.ShouldAllBe(call => !call.Headers.Values.Any(value => value.Contains(key, StringComparison.Ordinal)));
    }

    private static void Bind(World world)
    {
        world.Provider.Proofs = new(world.Clock);
        world.Set("Bff:Oidc:TokenType", "DPoP");
    }

    private static void MakePublic(World world)
    {
        world.Provider.ClientRule = ClientRule.Public;
        world.Set("Bff:Oidc:ClientSecret", null);
        world.Set("Bff:Oidc:ClientAuthentication", "None");
    }

    private static void AddApi(World world, PretendApi orders)
    {
        const string Route = "ReverseProxy:Routes:orders";
        world.Set("ReverseProxy:Clusters:orders:Destinations:one:Address", orders.Address);
        world.Set(Route + ":ClusterId", "orders");
        world.Set(Route + ":Match:Path", "/orders/{**rest}");
        world.Set(Route + ":Metadata:Bff.Token", "User");
        world.Set(Route + ":AuthorizationPolicy", "default");
        world.Set(Route + ":Transforms:0:PathRemovePrefix", "/orders");
    }

    private static Task<Answer> PostAsync(Browser browser, string path, string body, bool isChunked = false)
    {
        var request = browser.Script(HttpMethod.Post, path);
        request.Headers.TransferEncodingChunked = isChunked;
        request.Content = new StringContent(body, Encoding.UTF8, "text/plain");
        return browser.SendAsync(request);
    }

    private static Browser SameBrowserAt(World world, Browser browser, BffHost node)
    {
        var other = world.NewBrowser(node);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }

    /// <summary>A call past the proxy, which the API refuses.</summary>
    /// <returns>Why.</returns>
    private static async Task<string> CallAsync(World world, string authorization, string? proof, string path)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(world.Api.Address), path));
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (proof is not null) { request.Headers.TryAddWithoutValidation("DPoP", proof); }
        using var response = await http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        return world.Api.ProofRefusals.Last();
    }

    private static string ReadText(World world, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={world.DatabaseFile};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)command.ExecuteScalar()!;
    }

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return reader.ReadToEnd();
    }
}

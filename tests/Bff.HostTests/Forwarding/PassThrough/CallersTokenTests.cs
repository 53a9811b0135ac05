using System.Net;
using static Bff.HostTests.Forwarding.PassThrough.CallersWorld;

namespace Bff.HostTests.Forwarding.PassThrough;

/// <summary>Callers who bring a right token, or none where a session does as well.</summary>
public sealed class CallersTokenTests(CallersWorld callers) : IClassFixture<CallersWorld>
{
    private World World => callers.World;

    private void Begin() => callers.Mark.Value = Guid.NewGuid().ToString("N");

    public static TheoryData<string> Right =>
    [
        "at+jwt", "application/at+jwt", "AT+JWT", "JWT", "no typ", "audiences", "scope as list", "scp", "within the tolerance",
    ];

    [Theory]
    [MemberData(nameof(Right))]
    [Trait("Standard", "RFC9068-1")]
    public async Task A_right_token_reaches_the_API_as_it_came_without_a_header_of_ours_and_without_cookies(string kind)
    {
        var token = kind switch
        {
            "audiences" => callers.Token(claims => claims["aud"] = new[] { "invoices", Audience }),
            "scope as list" => callers.Token(claims => claims["scope"] = new[] { "openid", Scope }),
            "scp" => callers.Token(claims => (claims["scp"], claims["scope"]) = (new[] { Scope }, "openid")),
            "within the tolerance" => callers.Token(claims => claims["exp"] = World.Clock.Now.AddMinutes(-1).ToUnixTimeSeconds()),
            "no typ" => callers.Token(type: null),
            _ => callers.Token(type: kind.Contains("jwt", StringComparison.OrdinalIgnoreCase) ? kind : "at+jwt"),
        };

        Begin();
        var answer = await callers.GetAsync(Target, "authorization: bearer " + token, "Cookie: theme=dark", "X-Forwarded-User: admin");

        answer.Status.ShouldBe(200, answer.Text);
        var call = callers.MarkedCalls.Single();
        call.Header("Authorization").ShouldBe("bearer " + token);
        call.Header("Cookie").ShouldBeNull();
        call.Header("X-Forwarded-User").ShouldBeNull();
        answer.Header("Cache-Control").ShouldBe("private");
    }

    [Fact]
    [Trait("Standard", "RFC9449-9")]
    public async Task A_bound_token_reaches_the_API_with_its_proof_which_says_the_address_that_the_caller_knows()
    {
        var token = callers.BoundToken();
        var proof = callers.Proof(token, claims => claims["htu"] = $"HTTP://LOCALHOST:{World.Bff.Address.Port}/machines/%65cho?x=1#y");

        Begin();
        var answer = await callers.GetAsync(Target + "?x=1", Bound(token), Shown(proof));

        answer.Status.ShouldBe(200, answer.Text);
        var call = callers.MarkedCalls.Single();
        (call.Header("Authorization"), call.Header("DPoP")).ShouldBe(("DPoP " + token, proof));
    }

    [Fact]
    [Trait("Standard", "RFC9449-9")]
    public async Task Behind_a_proxy_and_below_a_path_a_proof_names_the_public_address()
    {
        await using var callers = await CallersWorld.StartAsync(("Bff:PublicUrl", "https://app.example.com/base"), ("Bff:TrustedProxies:0", "127.0.0.0/8"));
        foreach (var (address, expected) in new[]
        {
            ("https://app.example.com/base/machines/echo", 200), ("https://APP.example.com:443/base/machines/%65cho?y=2", 200),
            ("http://app.example.com/base/machines/echo", 401), ("https://app.example.com/machines/echo", 401),
            ("https://app.example.com.evil.example/base/machines/echo", 401), ("https://app.example.com/BASE/machines/echo", 401),
            ("https://x@app.example.com/base/machines/echo", 401), ("/base/machines/echo", 401), ("", 401),
        })
        {
            var token = callers.BoundToken();
            var proof = callers.Proof(token, claims => claims["htu"] = address);
            var answer = await RawCall.GetAsync(callers.World.Bff.Address, "/base/machines/echo?x=1", "app.example.com", Bound(token), Shown(proof));
            answer.Status.ShouldBe(expected, address + answer.Text);
        }
    }

    [Fact]
    [Trait("Standard", "RFC6750-3")]
    public async Task A_page_and_a_machine_share_a_route()
    {
        var alice = await World.LogInAsync();
        (await alice.GetAsync("/both/echo")).Body.ShouldBe("alice");
        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/both/echo"))).ShouldBeProblem(403, "csrf_header_missing");

        var token = callers.Token();
        Begin();
        (await callers.GetAsync("/both/echo", Bearer(token))).Status.ShouldBe(200);
        callers.MarkedCalls.Single().Token.ShouldBe(token);

        var together = alice.Script(HttpMethod.Get, "/both/echo");
        together.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        var refused = await alice.SendAsync(together);
        refused.ShouldBeProblem(400, "invalid_request");
        refused.Header("WWW-Authenticate")!.ShouldContain("error=\"invalid_request\"");

        // As a gateway sends it that has nothing to pass on.
        string[] empty = ["Authorization:", "Cookie: " + alice.Cookies.HeaderFor("localhost"), "Origin: " + Browser.SpaOrigin];
        (await callers.GetAsync("/both/echo", [.. empty, "X-CSRF: 1"])).Status.ShouldBe(200);
        (await callers.GetAsync("/both/echo", empty)).Says("csrf_header_missing").ShouldBeTrue();

        var nobody = await callers.GetAsync("/both/echo");
        (nobody.Status, nobody.Says("session_required")).ShouldBe((401, true));
        nobody.Header("WWW-Authenticate").ShouldBe("Bearer realm=\"bff\"");
        (await callers.GetAsync("/both/echo", Bearer("rubbish"))).Status.ShouldBe(401);
    }

    [Fact]
    public async Task On_every_other_route_a_callers_token_stays_here()
    {
        Begin();
        await callers.GetAsync("/open/echo", Bearer(callers.Token()), "X-CSRF: 1");
        await callers.GetAsync("/plain/echo", Bearer(callers.Token()));
        callers.MarkedCalls.Select(call => call.Header("Authorization")).ShouldBe([null, null]);
    }

    [Fact]
    public async Task A_token_that_was_good_is_over_when_it_says_so_and_so_is_all_that_began_with_it()
    {
        await using var callers = new CallersWorld();
        await callers.InitializeAsync();
        var (world, token) = (callers.World, callers.Token());
        var (nobody, authorization) = (world.NewBrowser(), "Bearer " + token);
        (await callers.GetAsync(Target, Bearer(token))).Status.ShouldBe(200);
        await using var socket = await OpenCall.WebSocketAsync(nobody, world.Bff.Address, "/machines/socket", authorization: authorization);
        await using var events = await OpenCall.StreamAsync(nobody, "/machines/events", "text/event-stream", authorization);
        await using var download = await OpenCall.StreamAsync(nobody, "/machines/stream", authorization: authorization);
        await using var conversation = await OpenCall.StreamAsync(nobody, "/machines/grpc", authorization: authorization);

        await world.AdvanceAsync(TimeSpan.FromMinutes(6));
        (await callers.GetAsync(Target, Bearer(token))).Status.ShouldBe(200, "the clocks may be off by two minutes");
        new[] { socket, events, download, conversation }.ShouldAllBe(call => call.IsOpen);
        world.Clock.Advance(TimeSpan.FromMinutes(1));   // no further: who is told has a second of this clock

        (await callers.GetAsync(Target, Bearer(token))).Status.ShouldBe(401);
        (await socket.EndsAsAsync()).ShouldBe("1008 token_expired");
        (await events.EndsAsAsync()).ShouldBe("complete");
        (await conversation.EndsAsAsync()).ShouldBe("complete");
        (await download.EndsAsAsync()).ShouldBeNull("it is not whole");
    }

    [Fact]
    public async Task A_new_key_of_the_provider_is_looked_for_once_and_rubbish_with_new_keys_makes_nobody_look_often()
    {
        await using var world = new CallersWorld();
        await world.InitializeAsync();
        (await world.GetAsync(Target, Bearer(world.Token()))).Status.ShouldBe(200);
        var before = world.World.Provider.KeyDownloads;

        world.World.Provider.Key = SigningKey.Number(2);
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => world.GetAsync(Target, Bearer(world.Token()))));
        atOnce.ShouldAllBe(answer => answer.Status == 200);
        (world.World.Provider.KeyDownloads - before).ShouldBe(1);

        foreach (var _ in Enumerable.Range(0, 20))
        {
            (await world.GetAsync(Target, Bearer(world.Token(key: SigningKey.Number(3) with { Kid = Guid.NewGuid().ToString() })))).Status.ShouldBe(401);
        }

        (world.World.Provider.KeyDownloads - before).ShouldBe(1);
        world.World.Clock.Advance(TimeSpan.FromSeconds(11));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(
            _ => world.GetAsync(Target, Bearer(world.Token(key: SigningKey.Number(3) with { Kid = Guid.NewGuid().ToString() })))));
        (world.World.Provider.KeyDownloads - before).ShouldBe(2);
    }

    [Fact]
    public async Task A_key_that_the_provider_has_taken_back_is_of_no_use_after_minutes()
    {
        await using var callers = new CallersWorld();
        await callers.InitializeAsync();
        var token = callers.Token(claims => claims["exp"] = callers.World.Clock.Now.AddHours(9).ToUnixTimeSeconds());
        (await callers.GetAsync(Target, Bearer(token))).Status.ShouldBe(200);

        callers.World.Provider.Key = SigningKey.Number(2);   // and nobody comes with a token of that one
        callers.World.Clock.Advance(TimeSpan.FromMinutes(6));

        await Eventually.HappensAsync(async () => (await callers.GetAsync(Target, Bearer(token))).Status == 401, "the keys are looked at again");
    }

    [Fact]
    public async Task Whoever_brings_many_wrong_tokens_waits_and_tokens_that_are_known_pass_all_the_same()
    {
        await using var world = await World.StartAsync([.. Settings, ("Bff:RateLimits:WrongTokens", "3")]);
        string Good(SigningKey? key = null) => Jwt.Sign(
            new Dictionary<string, object?>
            {
                ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = Audience, ["scope"] = Scope, ["jti"] = Guid.NewGuid(),
                ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
            }, key ?? world.Provider.Key, header => header["typ"] = "at+jwt");
        var known = Good();
        (await GetAsync(known)).Status.ShouldBe(200);
        world.Provider.GoDown();
        (await GetAsync(Good(SigningKey.Number(2) with { Kid = "new" }))).Status.ShouldBe(503, "the keys cannot be looked at again");
        world.Provider.ComeBack();
        foreach (var _ in Enumerable.Range(0, 2)) { (await GetAsync("rubbish")).Status.ShouldBe(401); }

        var refused = await GetAsync(Good());

        (refused.Status, refused.Says("too_many_requests")).ShouldBe((429, true));
        refused.Header("Retry-After").ShouldNotBeNull();
        (await GetAsync(known)).Status.ShouldBe(200);

        Task<RawCall> GetAsync(string token) => RawCall.GetAsync(world.Bff.Address, Target, world.Bff.Address.Authority, Bearer(token));
    }

    [Fact]
    public async Task While_the_providers_keys_cannot_be_had_nobody_says_that_a_token_is_wrong()
    {
        await using var world = new CallersWorld();
        await world.InitializeAsync();
        world.World.Provider.GoDown();

        var answer = await world.GetAsync(Target, Bearer(world.Token()));

        (answer.Status, answer.Says("provider_unavailable")).ShouldBe((503, true));
        answer.Header("Retry-After").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_provider_that_the_front_end_does_not_use_vouches_for_nobody()
    {
        PretendProvider other = null!;
        await using var world = await World.StartPreparedAsync(async world =>
        {
            other = await world.StartProviderAsync();
            foreach (var (key, value) in Settings) { world.Set(key, value); }
            world.Set("Bff:Providers:other:Authority", other.Issuer);
            world.Set("Bff:Providers:other:ClientId", other.AcceptedClientId);
            world.Set("Bff:Providers:other:ClientSecret", other.AcceptedSecret);
            world.Set("Bff:Providers:other:RequireHttps", "false");
        });
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = other.Issuer, ["sub"] = "script", ["aud"] = Audience, ["scope"] = Scope, ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        var token = Jwt.Sign(claims, other.Key, header => header["typ"] = "at+jwt");

        (await GetAsync()).Status.ShouldBe(401);
        await world.RestartBffAsync(("Bff:Spa:Provider", "default other"));
        (await GetAsync()).Status.ShouldBe(200);

        Task<RawCall> GetAsync() => RawCall.GetAsync(world.Bff.Address, Target, world.Bff.Address.Authority, Bearer(token));
    }

    [Fact]
    public async Task A_token_is_as_good_at_a_front_end_with_a_client_of_its_own_at_the_same_provider()
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            foreach (var (key, value) in Settings) { world.Set(key, value); }
            world.Set("Bff:Providers:second:Authority", world.Provider.Issuer);
            world.Set("Bff:Providers:second:ClientId", "another-client-there");
            world.Set("Bff:Providers:second:ClientSecret", "another-secret-there-7d1f");
            world.Set("Bff:Providers:second:RequireHttps", "false");
            world.Set("Bff:FrontEnds:office:PathBase", "/office");
            world.Set("Bff:FrontEnds:office:Provider", "second");
            world.Set("Bff:FrontEnds:office:Origins:0", Browser.SpaOrigin);
        });
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = Audience, ["scope"] = Scope,
            ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        var token = Jwt.Sign(claims, world.Provider.Key, header => header["typ"] = "at+jwt");

        foreach (var path in new[] { Target, "/office" + Target, Target })
        {
            (await RawCall.GetAsync(world.Bff.Address, path, world.Bff.Address.Authority, Bearer(token))).Status.ShouldBe(200, path);
        }
    }

    [Fact]
    public async Task Without_an_audience_nothing_starts()
    {
        await using var world = await RealTimeWorld.StartAsync();
        foreach (var (key, value) in Settings) { world.Settings[key] = key.EndsWith("Bff.Audience", StringComparison.Ordinal) ? null : value; }
        world.Settings["Bff:PassThrough:Audience"] = "orders";
        world.Settings["ReverseProxy:Routes:machines:Metadata:Bff.Csrf"] = "Navigation";
        world.Settings["Bff:Policies:default:Roles:0"] = "admin";
        world.Settings["Bff:Policies:anonymous:Roles:0"] = "admin";
        world.Settings["Bff:Policies:empty:Match"] = "All";
        world.Settings["Bff:Policies:wordy:Scopes:0"] = "two words";
        world.Settings["ReverseProxy:Routes:api:AuthorizationPolicy"] = "order-read";
        world.Settings["ReverseProxy:Routes:plain:Metadata:Bff.IdentityHeaders"] = "true";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.IdentityHeaders"] = "yes";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.RequestHeaders"] = "X_Corp_User";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.Assertion"] = "https://orders.example";
        world.Settings["Bff:IdentityHeaders:User"] = "X-Corp-User";
        world.Settings["Bff:IdentityHeaders:Email"] = "X_Corp_Email";
        world.Settings["Bff:IdentityHeaders:Groups"] = "Authorization";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(78);
        string[] mistakes =
        [
            "ReverseProxy:Routes:machines:Metadata:Bff.Audience: is required",
            "ReverseProxy:Routes:both:Metadata:Bff.Audience: is required",
            "Bff:PassThrough:Audience: is not a setting. There are: Audiences.",
            "ReverseProxy:Routes:machines:Metadata:Bff.Csrf: has no effect where callers bring tokens",
            "Bff:Policies:default: means whoever is signed in",
            "Bff:Policies:anonymous: means everybody",
            "Bff:Policies:empty:Claim: or Roles, Groups, Scopes, Acr or MaxAge is required",
            "Bff:Policies:wordy:Scopes:0: must be one word",
            "ReverseProxy:Routes:api:AuthorizationPolicy: there is no policy 'order-read' in Bff:Policies. There are: default, anonymous, ",
            "ReverseProxy:Routes:plain:Metadata:Bff.IdentityHeaders: nobody is known on this route.",
            "ReverseProxy:Routes:api:Metadata:Bff.IdentityHeaders: 'yes' is neither true nor false.",
            "ReverseProxy:Routes:api:Metadata:Bff.RequestHeaders: 'X_Corp_User' is a header of Bff:IdentityHeaders",
            "ReverseProxy:Routes:api:Metadata:Bff.Assertion: needs Bff:PublicUrl",
            "Bff:IdentityHeaders:Email: must be a header's name",
            "Bff:IdentityHeaders:Groups: must not be Authorization",
        ];
        foreach (var mistake in mistakes) { process.Errors.ShouldContain("- " + mistake); }
    }
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using Bff.HostTests.Forwarding.PassThrough;

namespace Bff.HostTests.Gateway;

/// <summary>What a gateway is told about the calls of a browser, on a port of its own.</summary>
public sealed class GatewayTests
{
    [Fact]
    public async Task A_gateway_is_told_what_a_call_would_have_met_and_nothing_is_forwarded()
    {
        await using var world = await World.StartAsync(GatewayClient.Settings);
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();

        var allowed = await gateway.AskAsync(alice, "/api/echo?x=1", "POST");
        var token = $"Bearer {world.Provider.Grant.AccessToken!.Value}";
        (allowed.Status, allowed.Body, allowed.Header("Authorization")).ShouldBe((HttpStatusCode.OK, "", token));
        (allowed.SetCookies, allowed.Header("Cache-Control")).ShouldBe(([], "no-store"));
        (await gateway.AskBelowAsync(alice, "/api/echo?x=1", "POST")).Header("Authorization").ShouldBe(token);
        (await gateway.AskAsync(alice, "/plain/x")).Header("Authorization").ShouldBe("", "the route sends none, nor does a gateway that copies it");

        // Nobody is signed in, and a forged token is no token.
        (await gateway.AskAsync(null, "/api/echo")).ShouldBeProblem(401, "session_required");
        var open = await gateway.AskAsync(null, "/open/x", change: headers =>
        {
            headers["Authorization"] = "Bearer forged";
            headers["DPoP"] = "forged";
            headers["X-Forwarded-User"] = "alice";
        });
        (open.Status, open.Header("Authorization"), open.Header("DPoP"), open.Header("X-Forwarded-User")).ShouldBe((HttpStatusCode.OK, "", "", null));

        // The guard is the same.
        (await gateway.AskAsync(alice, "/api/echo", change: headers => headers["X-CSRF"] = null)).ShouldBeProblem(403, "csrf_header_missing");
        (await gateway.AskAsync(alice, "/api/echo", change: headers => headers["Origin"] = "https://evil.example"))
            .ShouldBeProblem(403, "origin_not_allowed");
        (await gateway.AskAsync(alice, "/api/echo", change: headers => headers["X-Forwarded-Host"] = "evil.example")).ShouldBeProblem(400, "host_not_allowed");
        (await gateway.AskAsync(alice, "/elsewhere")).ShouldBeProblem(404, "not_found");
        (await gateway.AskAsync(alice, "/api/echo", "TRACE")).ShouldBeProblem(405, "method_not_allowed");

        // What is Bff's own is done for a browser, not for a question.
        foreach (var own in (string[])["/bff/user", "/bff/logout", "/bff/login", "/signin-oidc?code=c&state=s"])
        {
            (await gateway.AskAsync(alice, own)).ShouldBeProblem(403, "not_at_gateway");
        }

        (await gateway.AskAsync(alice, "/api/echo", "OPTIONS", change: headers => headers["Access-Control-Request-Method"] = "POST"))
            .ShouldBeProblem(403, "not_at_gateway");
        (await gateway.AskAsync(alice, "/api/socket", change: headers => headers["Upgrade"] = "websocket")).ShouldBeProblem(403, "not_at_gateway");

        world.Api.Calls.ShouldBeEmpty();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "the public port serves as ever");
    }

    [Fact]
    public async Task The_reason_of_a_refusal_can_be_asked_for_and_never_brings_a_token()
    {
        await using var world = await World.StartAsync([.. GatewayClient.Settings, ("Bff:Sessions:CacheLifetime", "00:00:00")]);
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();

        (await gateway.AskAsync(null, "/api/echo", at: "/refusal")).ShouldBeProblem(401, "session_required");
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        var away = await gateway.AskAsync(alice, "/api/echo", at: "/refusal");
        away.ShouldBeProblem(503, "store_unavailable");
        away.Header("Retry-After").ShouldNotBeNull();
        (await gateway.AskAsync(alice, "/api/echo")).ShouldBeProblem(503, "store_unavailable");

        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        var meanwhile = await gateway.AskAsync(alice, "/api/echo", at: "/refusal");
        meanwhile.ShouldBeProblem(503, "refused_meanwhile");
        (meanwhile.Header("Retry-After"), meanwhile.Header("Authorization")).ShouldBe(("1", null));
        (await gateway.AskAsync(alice, "/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_question_that_is_not_whole_is_about_no_request()
    {
        await using var world = await World.StartAsync(GatewayClient.Settings);
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();

        // A client that names them in its Connection header makes some gateways take them off.
        foreach (var missing in (string[])["X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Proto", "X-Forwarded-Host"])
        {
            (await gateway.AskAsync(alice, "/api/echo", change: headers => headers[missing] = null)).ShouldBeProblem(400, "gateway_request_unreadable");
        }

        (await gateway.AskAsync(alice, "/api/echo", "CONNECT")).ShouldBeProblem(400, "gateway_request_unreadable");
        (await gateway.AskAsync(alice, "/api/echo", "GET, POST")).ShouldBeProblem(400, "gateway_request_unreadable");
        (await gateway.AskAsync(alice, "/api/echo", change: headers => headers["X-Forwarded-Proto"] = "wss"))
            .ShouldBeProblem(400, "gateway_request_unreadable");
        (await gateway.AskBelowAsync(alice, "/plain/x", "GET", headers => headers["X-Forwarded-Uri"] = "/api/echo"))
            .ShouldBeProblem(400, "gateway_request_unreadable");
        (await gateway.AskAsync(alice, "/api/" + new string('a', 8192))).ShouldBeProblem(414, "address_too_long");
        (await gateway.AskAsync(alice, "/plain/..%2fapi/echo")).ShouldBeProblem(400, "ambiguous_path");
        (await gateway.AskAsync(alice, "/plain/..;/api/echo")).ShouldBeProblem(400, "ambiguous_path");
        string[] below = ["GET /check/plain/%2e%2e/api/echo HTTP/1.1", $"X-Bff-Gateway-Token: {GatewayClient.Token}", "X-Forwarded-Proto: http"];
        (await RawClient.SendAsync(world.Bff.GatewayAddress, below)).ShouldContain("ambiguous_path");   // what the server has resolved counts for nothing
        (await gateway.AskAsync(alice, "/api/echo", at: "/checks")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task Who_does_not_show_the_token_gets_nothing_and_nobody_at_the_public_port()
    {
        await using var world = await World.StartAsync(GatewayClient.Settings);
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();

        foreach (var wrong in (string?[])[null, GatewayClient.Token + "x", GatewayClient.Token[..^1]])
        {
            var refused = await gateway.AskAsync(alice, "/api/echo", change: headers => headers["X-Bff-Gateway-Token"] = wrong);
            (refused.Status, refused.Body, refused.Header("Authorization")).ShouldBe((HttpStatusCode.Unauthorized, "", null));
        }

        (await GatewayClient.KnockAsync(new Uri(world.Bff.GatewayAddress, "/anything"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var address in new[] { world.Bff.Address, world.Bff.OpsAddress })
        {
            (await GatewayClient.KnockAsync(new Uri(address, "/check"), GatewayClient.Token)).Status.ShouldBe(HttpStatusCode.NotFound);
        }

        (await GatewayClient.KnockAsync(new Uri(world.Bff.GatewayAddress, "/healthz"), GatewayClient.Token)).Status.ShouldBe(HttpStatusCode.NotFound);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("gateway_credential_required"));
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains("a-gateway-token-of"));
    }

    [Fact]
    public async Task A_client_certificate_of_the_configured_authority_is_as_good_as_the_token()
    {
        using var ours = new Authority("our gateways");
        using var foreign = new Authority("somebody else");
        using var folder = new TemporaryFolder();
        await using var world = await World.StartAsync(
            ("Bff:Gateway:Url", "https://127.0.0.1:0"),
            ("Bff:Gateway:ClientCertificateAuthority", folder.Write("ca.pem", ours.Certificate.ExportCertificatePem())),
            ("Bff:Gateway:TokenFile", folder.Write("token", GatewayClient.Token + "\n")),
            ("Kestrel:Endpoints:Gateway:Certificate:Path", folder.Write("gateway.pfx", ours.Issue("gateway").Export(X509ContentType.Pkcs12))));
        var check = new Uri(world.Bff.GatewayAddress, "/check");

        (await GatewayClient.KnockAsync(check)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await GatewayClient.KnockAsync(check, GatewayClient.Token)).ShouldBeProblem(400, "gateway_request_unreadable");
        (await GatewayClient.KnockAsync(check, certificate: ours.Issue("nginx"))).ShouldBeProblem(400, "gateway_request_unreadable");
        await Should.ThrowAsync<HttpRequestException>(GatewayClient.KnockAsync(check, certificate: foreign.Issue("nginx")));
    }

    [Fact]
    public async Task What_a_route_adds_for_its_API_comes_with_the_answer_and_nothing_of_the_browsers()
    {
        const string transforms = "ReverseProxy:Routes:api:Transforms:";
        await using var world = await World.StartAsync([
            .. GatewayClient.Settings, (transforms + "0:RequestHeader", "X-Api-Key"), (transforms + "0:Set", "the-key-of-the-api"),
            (transforms + "1:RequestHeader", "Accept-Language"), (transforms + "1:Set", "de")]);
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();

        var answer = await gateway.AskAsync(alice, "/api/echo", change: headers =>
        {
            headers["X-Api-Key"] = "forged";
            headers["Accept-Language"] = "en";
            headers["X-Mine"] = "1";
        });

        (answer.Header("X-Api-Key"), answer.Header("Accept-Language")).ShouldBe(("the-key-of-the-api", "de"));
        answer.Headers.Keys.Where(name => name is "X-Mine" or "Cookie" or "X-CSRF" or "Origin" || name.StartsWith("X-Forwarded-")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("orders.internal")]
    public async Task A_token_that_is_bound_to_a_key_comes_with_a_proof_for_the_very_call_that_is_asked_about(string? host)
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            foreach (var (key, value) in GatewayClient.Settings) { world.Set(key, value); }
            world.Provider.Proofs = new(world.Clock);
            world.Set("Bff:Oidc:TokenType", "DPoP");
            world.Set("ReverseProxy:Clusters:api:Destinations:one:Host", host);
        });
        using var gateway = new GatewayClient(world);
        var alice = await world.LogInAsync();
        const string target = "/api/list/%C3%A4%20b?x=1";

        var answer = await gateway.AskAsync(alice, target, "POST", change: headers => headers["DPoP"] = "forged");
        using var http = new HttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, world.Api.Address + target);
        foreach (var name in (string[])["Authorization", "DPoP"]) { call.Headers.TryAddWithoutValidation(name, answer.Header(name)); }
        call.Headers.Host = host;
        using var response = await http.SendAsync(call);

        (await response.Content.ReadAsStringAsync()).ShouldBe("alice", string.Join(", ", world.Api.ProofRefusals));
        var other = await gateway.AskAsync(alice, target, "POST");
        (other.Header("Authorization"), other.Header("DPoP") == answer.Header("DPoP")).ShouldBe((answer.Header("Authorization"), false));
        var refusal = await gateway.AskAsync(alice, target, "POST", at: "/refusal");
        (refusal.Header("Authorization"), refusal.Header("DPoP")).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("http://localhost", "")]
    [InlineData("https://app.example.com/portal", "/portal")]
    public async Task A_page_behind_the_sign_in_leads_there_and_back_at_the_gateways_own_address(string url, string pathBase)
    {
        await using var world = await World.StartAsync(
            [.. GatewayClient.Settings, .. FetchedRoutes.Of("pages", "Navigation"), ("Bff:PublicUrl", url), ("Bff:TrustedProxies:0", "127.0.0.1/32")]);
        using var gateway = new GatewayClient(world);

        foreach (var at in (string[])["/check", "/refusal"])
        {
            var answer = await gateway.AskAsync(null, pathBase + "/pages/x?month=11", at: at, change: headers =>
            {
                (headers["X-CSRF"], headers["Origin"], headers["X-Forwarded-Host"]) = (null, null, new Uri(url).Authority);
                (headers["Accept"], headers["Sec-Fetch-Mode"], headers["Sec-Fetch-Dest"]) = ("text/html", "navigate", "document");
                headers["Sec-Fetch-Site"] = "cross-site";
            });

            (answer.Status, answer.Header("Location")).ShouldBe(
                (HttpStatusCode.Found, $"{pathBase}/bff/login?returnUrl={Uri.EscapeDataString(pathBase + "/pages/x?month=11")}"));
            (answer.SetCookies, answer.Header("Cache-Control"), answer.Header("Authorization")).ShouldBe(([], "no-store", null));
        }
    }

    [Fact]
    public async Task A_token_that_a_caller_brings_is_judged_and_given_back_with_the_answer()
    {
        await using var world = await World.StartAsync([.. GatewayClient.Settings, .. CallersWorld.Settings]);
        using var gateway = new GatewayClient(world);
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = CallersWorld.Audience, ["scope"] = CallersWorld.Scope, ["client_id"] = "partner",
            ["iat"] = world.Clock.Now.ToUnixTimeSeconds(), ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(), ["jti"] = "1",
        };
        var token = "Bearer " + Jwt.Sign(claims, world.Provider.Key, header => header["typ"] = "at+jwt");
        Task<Answer> AskAsync(string? authorization) => gateway.AskAsync(null, CallersWorld.Target, change: headers =>
            (headers["X-CSRF"], headers["Origin"], headers["Authorization"]) = (null, null, authorization));

        var allowed = await AskAsync(token);
        (allowed.Status, allowed.Header("Authorization"), allowed.Header("DPoP")).ShouldBe((HttpStatusCode.OK, token, ""));
        var wrong = await AskAsync(token + "x");
        wrong.ShouldBeProblem(401, "invalid_token");
        (wrong.Header("Authorization"), wrong.Header("WWW-Authenticate")!.StartsWith("Bearer ", StringComparison.Ordinal)).ShouldBe((null, true));
    }
}

using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Bff.HostTests.Forwarding.PassThrough;
using Bff.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Policies;

/// <summary>Who may use a route, by policies of the configuration.</summary>
public sealed class PolicyTests
{
    private static readonly (string Key, string? Value)[] Settings =
    [
        ("Bff:Policies:admins:Roles:0", "admin"), ("Bff:Policies:admins:Roles:1", "root"),
        ("Bff:Policies:strong:Acr:0", "urn:mfa"), ("Bff:Policies:strong:MaxAge", "5m"),
        ("Bff:Policies:readers:Scopes:0", "orders.read"), ("Bff:Policies:offline:Scopes:0", "offline_access"),
        .. Route("admins"), .. Route("strong"), .. Route("readers"), .. Route("offline"),
    ];

    private static (string Key, string? Value)[] Route(string policy) => CallersWorld.Route(policy, "UserOrPassThrough", policy);

    [Fact]
    public async Task A_user_who_lacks_a_role_learns_which_policy_it_was_and_one_who_has_it_passes()
    {
        await using var world = await World.StartAsync(Settings);
        var bob = await world.LogInAsync("bob");
        world.Provider.ShapeIdToken = claims => claims["role"] = new[] { "editor", "root" };
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/admins/echo")).Body.ShouldBe("alice");
        var refused = await bob.GetAsync("/admins/echo");
        refused.ShouldBeProblem(403, "forbidden");
        refused.Text("policy").ShouldBe("admins");
        refused.Header("WWW-Authenticate").ShouldBeNull();
        refused.Header("Bff-Step-Up").ShouldBeNull();
        (await world.NewBrowser().GetAsync("/admins/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task Whom_a_policy_lets_pass_the_framework_which_makes_its_services_anew_for_each_call_is_not_asked_about()
    {
        await using var world = await World.StartAsync(Settings);
        var authorization = world.Bff.Services.GetRequiredService<CallAuthorization>();
        var routes = world.Bff.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
        var admins = routes.Single(route => route.RoutePattern.RawText == "/admins/{**rest}");

        IsAsked("admin").ShouldBeFalse();
        IsAsked("editor").ShouldBeTrue();
        IsAsked(null).ShouldBeTrue();

        bool IsAsked(string? role)
        {
            var context = new DefaultHttpContext();
            context.SetEndpoint(admins);
            var user = new ClaimsPrincipal(new ClaimsIdentity([new("role", role ?? "")], "test"));
            if (role is not null) { context.Features.Set(new TokenCaller("Bearer", user, "default", DateTimeOffset.MaxValue)); }
            return authorization.IsToBeAsked(context);
        }
    }

    [Fact]
    public async Task The_scopes_of_a_session_are_those_that_were_granted_and_those_that_were_asked_for_when_the_provider_does_not_say()
    {
        await using var world = await World.StartAsync(Settings);
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/offline/echo")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/readers/echo")).Text("policy").ShouldBe("readers");

        world.Provider.ShapeTokenAnswer = answer => answer["scope"] = "openid orders.read";
        var bob = await world.LogInAsync("bob");
        (await bob.GetAsync("/readers/echo")).Status.ShouldBe(HttpStatusCode.OK);
        (await bob.GetAsync("/offline/echo")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_user_who_has_not_signed_in_so_or_long_ago_is_asked_to_and_passes_then_until_it_is_long_ago_again()
    {
        await using var world = await World.StartAsync(Settings);
        world.Provider.Strength = new() { UsualAcr = "urn:password" };
        var alice = await world.LogInAsync();

        var refused = await alice.GetAsync("/strong/echo");
        refused.ShouldBeProblem(401, "stronger_sign_in_required");
        refused.Text("policy").ShouldBe("strong");
        refused.Header("WWW-Authenticate")!.ShouldContain("error=\"insufficient_user_authentication\"");
        var asked = QueryHelpers.ParseQuery(refused.Header("Bff-Step-Up"));
        ($"{asked["acr_values"]}", $"{asked["max_age"]}").ShouldBe(("urn:mfa", "300"));

        await alice.OpenAsync($"/bff/login?acr_values={asked["acr_values"]}&max_age={asked["max_age"]}");
        (await alice.GetAsync("/strong/echo")).Body.ShouldBe("alice");
        await world.AdvanceAsync(TimeSpan.FromMinutes(4.5));   // renewed meanwhile
        world.Provider.Refreshes.ShouldBeGreaterThan(0);
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/strong/echo")).Status == HttpStatusCode.OK);
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        (await alice.GetAsync("/strong/echo")).ShouldBeProblem(401, "stronger_sign_in_required");
    }

    [Fact]
    public async Task The_same_policies_hold_for_callers_with_tokens()
    {
        await using var world = await World.StartAsync(Settings);
        string Token(params (string Name, object Value)[] more)
        {
            var claims = new Dictionary<string, object?>
            {
                ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = CallersWorld.Audience,
                ["exp"] = world.Clock.Now.AddMinutes(9).ToUnixTimeSeconds(),
            };
            foreach (var (name, value) in more) { claims[name] = value; }
            return Jwt.Sign(claims, world.Provider.Key, header => header["typ"] = "at+jwt");
        }

        (await GetAsync("/admins/echo", Token(("role", "admin")))).Status.ShouldBe(200);
        var weak = await GetAsync("/admins/echo", Token(("role", "x")));
        (weak.Status, weak.Says("insufficient_scope"), weak.Says("admins")).ShouldBe((403, true, true));
        weak.Header("WWW-Authenticate")!.ShouldContain("error=\"insufficient_scope\"");
        (await GetAsync("/admins/echo", Token((ClaimTypes.Role, "admin")))).Status.ShouldBe(403, "it is not the RoleClaim of the provider");

        var now = world.Clock.Now.ToUnixTimeSeconds();
        (await GetAsync("/strong/echo", Token(("acr", "urn:mfa"), ("auth_time", now - 200)))).Status.ShouldBe(200);
        var old = await GetAsync("/strong/echo", Token(("acr", "urn:mfa"), ("auth_time", now - 400)));
        old.Status.ShouldBe(401);
        old.Header("WWW-Authenticate")!.ShouldContain("error=\"insufficient_user_authentication\"");
        old.Header("WWW-Authenticate")!.ShouldContain("acr_values=\"urn:mfa\", max_age=\"300\"");

        Task<RawCall> GetAsync(string path, string token) =>
            RawCall.GetAsync(world.Bff.Address, path, world.Bff.Address.Authority, CallersWorld.Bearer(token));
    }

    [Fact]
    public async Task A_claim_is_the_same_in_a_session_and_in_a_callers_token_whatever_kind_it_is()
    {
        await using var world = await World.StartAsync(
        [
            ("Bff:Policies:any:Claim", "dept"), ("Bff:Policies:these:Claim", "dept"),
            ("Bff:Policies:these:Values:0", "true"), ("Bff:Policies:these:Values:1", "1.0"), ("Bff:Policies:these:Values:2", "a"),
            ("Bff:Policies:these:Values:3", "7"), .. Route("any"), .. Route("these"),
        ]);
        foreach (var (json, any, these) in new[]
        {
            ("null", 403, 403), ("[]", 403, 403), ("[null]", 403, 403), ("\"\"", 200, 403), ("false", 200, 403), ("true", 200, 200), ("1", 200, 403),
            ("1.0", 200, 200), ("7", 200, 200), ("[ \"b\", \"a\" ]", 200, 200), ("[ [ \"a\" ] ]", 200, 403), ("{ \"a\": true }", 200, 403),
        })
        {
            var value = JsonNode.Parse(json);
            world.Provider.ShapeIdToken = claims => claims["dept"] = value;
            var user = await world.LogInAsync();
            var claims = new Dictionary<string, object?>
            {
                ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = CallersWorld.Audience, ["dept"] = value,
                ["exp"] = world.Clock.Now.AddMinutes(9).ToUnixTimeSeconds(),
            };
            var token = Jwt.Sign(claims, world.Provider.Key, header => header["typ"] = "at+jwt");
            foreach (var (path, expected) in new[] { ("/any/echo", any), ("/these/echo", these) })
            {
                ((int)(await user.GetAsync(path)).Status).ShouldBe(expected, $"a session with {json} at {path}");
                var call = await RawCall.GetAsync(world.Bff.Address, path, world.Bff.Address.Authority, CallersWorld.Bearer(token));
                call.Status.ShouldBe(expected, $"a token with {json} at {path}");
            }
        }
    }

    [Fact]
    public async Task Policies_come_change_and_go_without_a_restart_and_a_route_that_names_none_that_is_there_changes_nothing()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = "editor";
        using var alice = await world.LogInAsync();

        file.Edit(("Bff:Policies:staff:Roles:0", "admin"), ("ReverseProxy:Routes:api:AuthorizationPolicy", "staff"));
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/api/echo")).Code == "forbidden", "the policy counts");
        file.Edit(("Bff:Policies:staff:Roles:0", "editor"));
        await Eventually.HappensAsync(async () => (await alice.GetAsync("/api/echo")).Body == "alice", "the changed policy counts");
        file.Edit(("Bff:Policies:staff:Roles:0", null), ("Bff:Policies:team:Roles:0", "admin"));
        await Eventually.HappensAsync(
            () => world.Bff.Output.Contains(
                "ReverseProxy:Routes:api:AuthorizationPolicy: there is no policy 'staff' in Bff:Policies. There are: default, anonymous, team.",
                StringComparison.Ordinal), "the mistake is named");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }
}

using Bff.HostTests.Forwarding.PassThrough;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.HostTests.Forwarding;

/// <summary>Headers that tell an API who calls: from us, and from nobody else, however they are spelled.</summary>
public sealed class IdentityHeadersTests(IdentityHeadersTests.Users users) : IClassFixture<IdentityHeadersTests.Users>
{
    /// <summary>Alice is signed in; headers of our own names, and one of the usual.</summary>
    public sealed class Users : IAsyncLifetime
    {
        internal World World { get; private set; } = null!;

        internal Browser Alice { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            World = await World.StartAsync(
            [
                ("Bff:IdentityHeaders:User", "X-Corp-Who"), ("Bff:IdentityHeaders:GroupsClaim", "role"),
                ("Bff:Forwarding:AllowedRequestHeaders:0", "X_Tenant"), ("Bff:Forwarding:AllowedRequestHeaders:1", "X-Corp"),
                ("ReverseProxy:Routes:api:Metadata:Bff.IdentityHeaders", "true"), ("ReverseProxy:Routes:open:Metadata:Bff.IdentityHeaders", "True"),
                .. CallersWorld.Route("machines", "PassThrough", "default"), ("ReverseProxy:Routes:machines:Metadata:Bff.IdentityHeaders", "true"),
            ]);
            World.Provider.ShapeIdToken = claims =>
            {
                claims["email"] = "zo\u00eb@example.com";
                claims["role"] = new[] { "a", "b,c", "d\r\nX-Admin: 1" };
            };
            Alice = await World.LogInAsync();
        }

        public ValueTask DisposeAsync() => World.DisposeAsync();
    }

    [Theory]
    [InlineData("X-Corp-Who")]
    [InlineData("x-corp-who")]
    [InlineData("X_Corp_Who")]
    [InlineData("X-CORP_WHO")]
    [InlineData("x.corp.who")]
    [InlineData("X~Corp|Who")]
    [InlineData("X-Forwarded-Email")]
    [InlineData("X_FORWARDED_EMAIL")]
    [InlineData("x-forwarded_groups")]
    [InlineData("X.Forwarded-Groups")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X_Forwarded-Provider")]
    public async Task What_a_caller_says_of_itself_reaches_no_API(string name)
    {
        foreach (var (path, isKnown) in new[] { ("/api/echo", true), ("/open/echo", true), ("/plain/echo", false) })
        {
            var request = users.Alice.Script(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(name, "forged").ShouldBeTrue();
            request.Headers.TryAddWithoutValidation("Connection", name);
            var call = await SendAsync(users.Alice, request);
            call.Headers.Values.ShouldNotContain(value => value.Contains("forged", StringComparison.Ordinal));
            call.Header("X-Corp-Who").ShouldBe(isKnown ? "alice" : null);
            call.Header("X-Forwarded-Provider").ShouldBe(isKnown ? "default" : null);
            call.Header("X-Forwarded-Email").ShouldBe(isKnown ? "zo%C3%AB@example.com" : null);
            call.Header("X-Forwarded-Groups").ShouldBe(isKnown ? "a,b%2Cc,d%0D%0AX-Admin: 1" : null);
            call.Header("X-Admin").ShouldBeNull();
        }
    }

    [Fact]
    public async Task Of_nobody_nothing_is_said_and_of_a_caller_with_a_token_what_the_token_says()
    {
        using var nobody = users.World.NewBrowser();
        (await SendAsync(nobody, nobody.Script(HttpMethod.Get, "/open/echo"))).Header("X-Corp-Who").ShouldBeNull();

        var claims = new Dictionary<string, object?>
        {
            ["SUB"] = "root", ["iss"] = users.World.Provider.Issuer, ["sub"] = "script", ["aud"] = CallersWorld.Audience, ["role"] = "machine",
            ["exp"] = users.World.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        var token = Jwt.Sign(claims, users.World.Provider.Key, header => header["typ"] = "at+jwt");
        var answer = await RawCall.GetAsync(
            users.World.Bff.Address, "/machines/echo", users.World.Bff.Address.Authority, CallersWorld.Bearer(token), "X-Corp-Who: root",
            "X-Forwarded-Email: root@example.com", "X-Mark: of-the-machine");

        answer.Status.ShouldBe(200, answer.Text);
        var call = users.World.Api.Calls.Single(one => one.Header("X-Mark") == "of-the-machine");
        (call.Header("X-Corp-Who"), call.Header("X-Forwarded-Email"), call.Header("X-Forwarded-Groups")).ShouldBe(("script", null, "machine"));
        call.Header("X-Forwarded-Provider").ShouldBe("default");
    }

    [Fact]
    public async Task More_groups_than_fit_are_none_and_the_log_says_so()
    {
        users.World.Provider.ShapeIdToken = claims => claims["role"] = Enumerable.Range(0, 400).Select(number => $"a-group-of-some-length-{number}").ToArray();
        var bob = await users.World.LogInAsync("bob");

        var call = await SendAsync(bob, bob.Script(HttpMethod.Get, "/api/echo"));

        (call.Header("X-Corp-Who"), call.Header("X-Forwarded-Groups")).ShouldBe(("bob", null));
        users.World.Bff.Logs.Lines.ShouldContain(line => line.Contains("The header X-Forwarded-Groups of a user was left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Users_of_two_providers_are_told_apart_though_their_names_there_are_the_same()
    {
        var (world, _) = await TwoProviders.StartAsync(
        [
            ("ReverseProxy:Routes:api:Metadata:Bff.IdentityHeaders", "true"), ("ReverseProxy:Routes:api:Metadata:Bff.Assertion", "orders"),
            .. World.BehindProxy(),
        ]);
        await using var end = world;
        List<(string?, string?, string?)> seen = [];
        foreach (var (browser, path) in new[] { (await world.LogInAsync(), "/api/echo"), (await world.LogInAtAdminAsync("alice"), "/admin/api/echo") })
        {
            ((int)(await browser.GetAsync(path)).Status).ShouldBe(200);
            var call = world.Api.LastCall;
            var assertion = new JsonWebToken(call.Header("X-Forwarded-Assertion"));
            seen.Add((call.Header("X-Forwarded-User"), call.Header("X-Forwarded-Provider"), assertion.GetClaim("idp").Value));
        }

        seen.ShouldBe([("alice", "default", "default"), ("alice", "staff", "staff")]);
    }

    /// <summary>What reached the API; tests of a class run at once.</summary>
    private async Task<PretendApi.Call> SendAsync(Browser browser, HttpRequestMessage request)
    {
        var mark = Guid.NewGuid().ToString("N");
        request.Headers.Add("X-Mark", mark);
        ((int)(await browser.SendAsync(request)).Status).ShouldBe(200);
        return users.World.Api.Calls.Single(call => call.Header("X-Mark") == mark);
    }
}

using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests.Forwarding;

/// <summary>A signed token tells an API who calls, and whichever node has signed it, every node publishes the key.</summary>
public sealed class AssertionTests
{
    private const string Header = "X-Forwarded-Assertion", Audience = "https://orders.example";

    [Fact]
    public async Task The_API_can_check_with_the_keys_of_any_node_who_calls_and_that_it_is_meant()
    {
        await using var world = await StartAsync();
        var there = StartAnother(world);
        var alice = await world.LogInAsync();

        await AssertionAsync(world, alice);   // the session is read from the store, and from memory afterwards
        var first = await AssertionAsync(world, alice);
        var token = await CheckAsync(await KeysAsync(world, there), first, world);

        (token.Subject, token.Typ, token.Alg).ShouldBe(("alice", "bff-assertion+jwt", "ES256"));
        token.GetClaim("groups").Value.ShouldBe("staff");
        (token.ValidTo - token.IssuedAt).ShouldBe(TimeSpan.FromSeconds(60));
        (await KeysAsync(world, there)).ShouldBe(await KeysAsync(world, world.Bff));

        (await AssertionAsync(world, alice)).ShouldBe(first, "not every call is signed");
        world.Clock.Advance(TimeSpan.FromSeconds(31));
        (await AssertionAsync(world, alice)).ShouldNotBe(first);
    }

    [Fact]
    public async Task A_new_key_signs_on_all_nodes_and_the_one_before_stays_published()
    {
        await using var world = await StartAsync();
        var there = StartAnother(world);
        var alice = await world.LogInAsync();
        var old = await AssertionAsync(world, alice);

        world.Bff.Services.GetRequiredService<Lazy<IKeyManager>>().Value.CreateNewKey(world.Clock.Now.AddSeconds(50), world.Clock.Now.AddDays(90));
        world.Clock.Advance(TimeSpan.FromMinutes(1));   // nodes look for new keys

        await Eventually.HappensAsync(async () => KidOf(await AssertionAsync(world, alice)) != KidOf(old), "the new key signs");
        var kid = KidOf(await AssertionAsync(world, alice));
        await Eventually.HappensAsync(async () => (await KeysAsync(world, there)).Contains(kid, StringComparison.Ordinal), "the other node knows it");
        var keys = await KeysAsync(world, there);
        keys.ShouldContain(KidOf(old));
        await CheckAsync(keys, await AssertionAsync(world, alice), world);
    }

    private static Task<World> StartAsync()
    {
        var port = FreePort.Find();
        return World.StartPreparedAsync(world =>
        {
            world.Set("Bff:PublicUrl", $"http://localhost:{port}");
            world.Set("Kestrel:Endpoints:Main:Url", $"http://127.0.0.1:{port}");
            world.Set("Bff:IdentityHeaders:GroupsClaim", "role");
            world.Set("ReverseProxy:Routes:api:Metadata:Bff.Assertion", Audience);
            world.Provider.ShapeIdToken = claims => claims["role"] = "staff";
        });
    }

    private static BffHost StartAnother(World world)
    {
        world.Set("Kestrel:Endpoints:Main:Url", $"http://127.0.0.1:{FreePort.Find()}");
        return world.StartBff();
    }

    private static async Task<string> AssertionAsync(World world, Browser browser)
    {
        var request = browser.Script(HttpMethod.Get, "/api/echo");
        foreach (var name in new[] { Header, "X_Forwarded_Assertion", "x.forwarded.assertion" }) { request.Headers.TryAddWithoutValidation(name, "forged"); }
        (await browser.SendAsync(request)).Body.ShouldBe("alice");
        world.Api.LastCall.Headers.Values.ShouldNotContain("forged");
        return world.Api.LastCall.Header(Header).ShouldNotBeNull();
    }

    private static async Task<string> KeysAsync(World world, BffHost at)
    {
        using var browser = world.NewBrowser(at);
        var request = browser.Bare(HttpMethod.Get, "/bff/jwks");
        request.Headers.Host = world.Bff.Address.Authority;
        var answer = await browser.SendAsync(request);
        ((int)answer.Status).ShouldBe(200, answer.Body);
        answer.Header("Cache-Control").ShouldBe("public, max-age=300");
        answer.Body.ShouldNotContain("\"d\"");
        return answer.Body;
    }

    private static string KidOf(string token) => new JsonWebToken(token).Kid;

    private static async Task<JsonWebToken> CheckAsync(string keys, string token, World world)
    {
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = new JsonWebKeySet(keys).GetSigningKeys(), ValidAlgorithms = ["ES256"], ValidTypes = ["bff-assertion+jwt"],
            ValidAudience = Audience, ValidIssuer = "http://" + world.Bff.Address.Authority,
            ValidateLifetime = false,
        });
        result.Exception.ShouldBeNull();
        return (JsonWebToken)result.SecurityToken;
    }
}

using System.Net;

namespace Bff.HostTests.Login;

public sealed class IdTokenTests
{
    private static readonly Dictionary<string, Action<World, IDictionary<string, object?>>> WrongClaims = new()
    {
        ["another issuer"] = (_, claims) => claims["iss"] = "https://evil.example",
        ["no issuer"] = (_, claims) => claims.Remove("iss"),
        ["no subject"] = (_, claims) => claims.Remove("sub"),
        ["an empty subject"] = (_, claims) => claims["sub"] = "",
        ["another audience"] = (_, claims) => claims["aud"] = "somebody-else",
        ["no audience"] = (_, claims) => claims.Remove("aud"),
        ["one more audience"] = (_, claims) => claims["aud"] = new[] { PretendProvider.ClientId, "somebody-else" },
        ["another authorized party"] = (_, claims) => claims["azp"] = "somebody-else",
        ["another nonce"] = (_, claims) => claims["nonce"] = "replayed",
        ["no nonce"] = (_, claims) => claims.Remove("nonce"),
        ["no time of issue"] = (_, claims) => claims.Remove("iat"),
        ["no expiry"] = (_, claims) => claims.Remove("exp"),
        ["expired"] = (world, claims) => claims["exp"] = world.Clock.Now.AddMinutes(-3).ToUnixTimeSeconds(),
        ["not valid yet"] = (world, claims) => claims["nbf"] = world.Clock.Now.AddMinutes(3).ToUnixTimeSeconds(),
        ["issued long ago"] = (world, claims) => claims["iat"] = world.Clock.Now.AddMinutes(-3).ToUnixTimeSeconds(),
        ["issued in the future"] = (world, claims) => claims["iat"] = world.Clock.Now.AddMinutes(3).ToUnixTimeSeconds(),
        ["issued at no time"] = (_, claims) => claims["iat"] = "yesterday",
        ["the hash of another access token"] = (_, claims) => claims["at_hash"] = Jwt.LeftHash("another"),
    };

    private static readonly Dictionary<string, Func<World, IDictionary<string, object?>, string>> WrongSignatures = new()
    {
        ["unsigned"] = (_, claims) => Jwt.Unsigned(claims),
        ["unsigned with a signature"] = (world, claims) => Jwt.Unsigned(claims) + Jwt.Sign(claims, world.Provider.Key).Split('.')[2],
        ["an empty signature"] = (world, claims) => string.Join('.', Jwt.Sign(claims, world.Provider.Key).Split('.')[..2]) + ".",
        ["signed with the client secret"] = (_, claims) => Jwt.SignWithSecret(claims, PretendProvider.ClientSecret),
        ["signed with the public key as a secret"] = (world, claims) => Jwt.SignWithSecret(claims, world.Provider.Key.Public()["n"]),
        ["signed with a key of nobody"] = (_, claims) => Jwt.Sign(claims, SigningKey.Number(3)),
        ["signed with another key under the name of the right one"] = (world, claims) =>
            Jwt.Sign(claims, SigningKey.Number(3) with { Kid = world.Provider.Key.Kid }),
        ["changed after signing"] = (world, claims) => Mixed(claims, world.Provider.Key),
        ["no token at all"] = (_, _) => "",
        ["rubbish"] = (_, _) => "a.b.c",
        ["a critical extension"] = WithHeader(header => (header["crit"], header["exp"]) = (new[] { "exp" }, 1)),
        ["an unencoded payload"] = WithHeader(header => header["b64"] = false),
        ["an access token"] = WithHeader(header => header["typ"] = "at+jwt"),
        ["an access token by its full type"] = WithHeader(header => header["typ"] = "application/AT+JWT"),
        ["a logout token"] = WithHeader(header => header["typ"] = "logout+jwt"),
        ["an algorithm nobody announced"] = WithHeader(header => header["alg"] = "PS256"),
    };

    private static Func<World, IDictionary<string, object?>, string> WithHeader(Action<IDictionary<string, object?>> shape) =>
        (world, claims) => Jwt.Sign(claims, world.Provider.Key, shape);

    public static TheoryData<string> Defects => [.. WrongClaims.Keys, .. WrongSignatures.Keys];

    [Theory]
    [MemberData(nameof(Defects))]
    [Trait("Standard", "RP-1"), Trait("Standard", "RP-2"), Trait("Standard", "RP-3"), Trait("Standard", "RP-4"), Trait("Standard", "RP-5")]
    [Trait("Standard", "RP-6"), Trait("Standard", "RP-7"), Trait("Standard", "RP-8"), Trait("Standard", "RP-9"), Trait("Standard", "RP-10")]
    [Trait("Standard", "WILD-1"), Trait("Standard", "WILD-2")]
    public async Task An_id_token_with_a_defect_is_no_session(string defect)
    {
        await using var world = await World.StartAsync();
        if (WrongClaims.TryGetValue(defect, out var shape)) { world.Provider.ShapeIdToken = claims => shape(world, claims); }
        else { world.Provider.WriteIdToken = claims => WrongSignatures[defect](world, claims); }
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login");

        end.Status.ShouldBe(HttpStatusCode.BadRequest, end.Body);
        end.ShouldSay("sign_in_failed");
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_key_that_is_too_short_signs_nobody_in()
    {
        await using var world = await World.StartAsync();
        world.Provider.Key = SigningKey.Weak;
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        world.Sessions.ShouldBe(0);
    }

    [Theory]
    [InlineData("00:00:00", 30, false)]
    [InlineData("00:02:00", -110, true)]
    [InlineData("00:02:00", 110, true)]
    [InlineData("00:10:00", -590, true)]
    [InlineData("00:10:00", 590, true)]
    [InlineData("00:10:00", 700, false)]
    [InlineData("00:10:00", -700, false)]
    [Trait("Standard", "RP-6")]
    public async Task How_far_the_providers_clock_may_be_off_is_an_option(string tolerance, int seconds, bool accepted)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ClockTolerance", tolerance));
        world.Provider.ShapeIdToken = claims =>
        {
            claims["iat"] = claims["nbf"] = world.Clock.Now.AddSeconds(seconds).ToUnixTimeSeconds();
            claims["exp"] = world.Clock.Now.AddSeconds(seconds + 60).ToUnixTimeSeconds();
        };
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login");
        (alice.Session is not null).ShouldBe(accepted);
    }

    [Fact]
    public async Task The_same_token_without_a_defect_is_a_session()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims =>
        {
            claims["aud"] = new[] { PretendProvider.ClientId };
            claims["azp"] = PretendProvider.ClientId;
            claims["nbf"] = world.Clock.Now.AddSeconds(30).ToUnixTimeSeconds();
        };
        await world.LogInAsync();
    }

    [Fact]
    [Trait("Standard", "RP-14")]
    public async Task A_sign_in_right_after_a_key_rotation_works_at_the_first_try()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync("bob");
        await world.AdvanceAsync(TimeSpan.FromSeconds(11));
        world.Provider.Key = SigningKey.Number(2);
        await world.LogInAsync("alice");
    }

    [Fact]
    [Trait("Standard", "RP-14")]
    public async Task A_key_rotation_within_seconds_of_the_last_look_at_the_keys_works_at_the_first_try()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync("bob");
        world.Provider.Key = SigningKey.Number(2);
        await world.LogInAsync("alice");
    }

    [Fact]
    [Trait("Standard", "RP-14")]
    public async Task A_key_rotation_in_the_middle_of_a_sign_in_works_at_the_first_try()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync("bob");
        await world.AdvanceAsync(TimeSpan.FromSeconds(30));
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.Key = SigningKey.Number(2);
        await alice.StepAsync(callback);
        alice.Session.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Standard", "RP-13")]
    public async Task A_single_key_without_a_name_is_found()
    {
        await using var world = await World.StartAsync();
        world.Provider.Key = SigningKey.Number(1) with { Kid = null };
        await world.LogInAsync();
    }

    [Fact]
    public async Task Rubbish_tokens_do_not_turn_into_a_flood_of_key_downloads()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, SigningKey.Number(3));
        var before = world.Provider.KeyDownloads;
        for (var attempt = 0; attempt < 10; attempt++) { await world.NewBrowser().OpenAsync("/bff/login"); }
        (world.Provider.KeyDownloads - before).ShouldBeLessThanOrEqualTo(3);
    }

    private static string Mixed(IDictionary<string, object?> claims, SigningKey key)
    {
        var signature = Jwt.Sign(claims, key).Split('.')[2];
        claims["sub"] = "somebody-else";
        return string.Join('.', [.. Jwt.Sign(claims, key).Split('.')[..2], signature]);
    }
}

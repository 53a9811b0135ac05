using System.Net;
using System.Security.Cryptography;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>OpenID Connect Back-Channel Logout 1.0 section 2.7: each ends exactly what it should, in all front ends, on every node.</summary>
public sealed class RightLogoutTokenTests
{
    private const string Tenant = "11111111-aaaa-4bbb-8ccc-222222222222", OtherTenant = "33333333-dddd-4eee-8fff-444444444444";

    [Fact]
    [Trait("Standard", "BCL-9")]
    public async Task A_session_alone_ends_that_one_and_no_other_of_its_user()
    {
        await using var world = await World.StartAsync();
        var (phone, sid) = (await world.LogInAsync(), world.Provider.Grant.ProviderSid);
        var (desk, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));

        await LogOutAsync(world, world.Provider.LogoutToken(subject: null, sid));

        await ShouldBeOutAsync(phone);
        await ShouldBeInAsync(desk, bob);
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task A_user_alone_ends_all_of_them_and_nobody_elses()
    {
        await using var world = await World.StartAsync();
        var (phone, desk, bob) = (await world.LogInAsync(), await world.LogInAsync(), await world.LogInAsync("bob"));

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeOutAsync(phone, desk);
        await ShouldBeInAsync(bob);
    }

    [Fact]
    [Trait("Standard", "BCL-9")]
    public async Task Both_end_that_session_of_that_user()
    {
        await using var world = await World.StartAsync();
        var (phone, sid) = (await world.LogInAsync(), world.Provider.Grant.ProviderSid);
        var desk = await world.LogInAsync();

        await LogOutAsync(world, world.Provider.LogoutToken("bob", sid));
        await ShouldBeInAsync(phone, desk);
        await LogOutAsync(world, world.Provider.LogoutToken("alice", sid));

        await ShouldBeOutAsync(phone);
        await ShouldBeInAsync(desk);
    }

    [Fact]
    [Trait("Standard", "BCL-9")]
    public async Task Both_end_a_session_of_that_user_that_names_none_at_the_provider_too()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims.Remove("sid");
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));

        await LogOutAsync(world, world.Provider.LogoutToken("alice", "some"));

        await ShouldBeOutAsync(alice);
        await ShouldBeInAsync(bob);
    }

    [Theory]
    [Trait("Standard", "BCL-14"), Trait("Standard", "BCL-15")]
    [InlineData("nobody", null)]
    [InlineData(null, "no-session")]
    [InlineData("alice", "no-session")]
    public async Task An_unknown_one_is_a_success(string? subject, string? sid)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        await LogOutAsync(world, world.Provider.LogoutToken(subject, sid));

        await ShouldBeInAsync(alice);
    }

    [Theory]
    [Trait("Standard", "BCL-11")]
    [InlineData("logout+jwt")]
    [InlineData("application/logout+jwt")]
    [InlineData("Logout+JWT")]
    [InlineData("JWT")]
    [InlineData(null)]
    public async Task Its_type_may_be_left_out(string? type)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        await LogOutAsync(world, world.Provider.LogoutToken(world.Provider.LogoutClaims("alice"), header =>
        {
            if (type is null) { header.Remove("typ"); }
            else { header["typ"] = type; }
        }));

        await ShouldBeOutAsync(alice);
    }

    public static TheoryData<string> Variants => [.. Shapes.Keys];

    private static readonly Dictionary<string, Action<World, IDictionary<string, object?>>> Shapes = new()
    {
        ["an audience that is trusted, too"] = (_, claims) => claims["aud"] = new[] { "trusted", PretendProvider.ClientId },
        ["our client as azp"] = (_, claims) => claims["azp"] = PretendProvider.ClientId,
        ["a longer life"] = (world, claims) => claims["exp"] = world.Clock.Now.AddMinutes(15).ToUnixTimeSeconds(),
        ["a clock that is ahead"] = (world, claims) =>
            (claims["iat"], claims["exp"]) = (world.Clock.Now.AddMinutes(1).ToUnixTimeSeconds(), world.Clock.Now.AddMinutes(3).ToUnixTimeSeconds()),
        ["a clock that is behind"] = (world, claims) =>
            (claims["iat"], claims["exp"]) = (world.Clock.Now.AddMinutes(-3).ToUnixTimeSeconds(), world.Clock.Now.AddMinutes(-1).ToUnixTimeSeconds()),
        ["claims nobody knows"] = (_, claims) => (claims["trace_id"], claims["reason"]) = ("7", new { code = 1 }),
        ["something in the event"] = (_, claims) => claims["events"] = new Dictionary<string, object?> { [PretendProvider.LogoutEvent] = new { more = 1 } },
        ["another event, too"] = (_, claims) => claims["events"] = new Dictionary<string, object?>
        {
            ["https://example.com/event"] = 1, [PretendProvider.LogoutEvent] = new { },
        },
        ["a time with a fraction"] = (world, claims) => claims["iat"] = world.Clock.Now.ToUnixTimeMilliseconds() / 1000d,
    };

    [Theory]
    [Trait("Standard", "BCL-1"), Trait("Standard", "BCL-7")]
    [MemberData(nameof(Variants))]
    public async Task It_may_say_more_than_it_must(string variant)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:TrustedAudiences:0", "trusted"));
        var alice = await world.LogInAsync();
        var claims = world.Provider.LogoutClaims("alice", world.Provider.Grant.ProviderSid);
        Shapes[variant](world, claims);

        await LogOutAsync(world, world.Provider.LogoutToken(claims));

        await ShouldBeOutAsync(alice);
    }

    [Theory]
    [Trait("Standard", "BCL-2")]
    [InlineData("RS256")]
    [InlineData("PS384")]
    [InlineData("ES256")]
    [InlineData("EdDSA")]
    public async Task It_is_signed_as_ID_tokens_are(string algorithm)
    {
        using var key = TokenKey.Create(algorithm);
        await using var world = await World.StartPreparedAsync(world => world.Provider.TokenKey = key);
        var alice = await world.LogInAsync();

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeOutAsync(alice);
    }

    [Fact]
    [Trait("Standard", "BCL-2")]
    public async Task Its_key_may_be_new()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Key = SigningKey.Number(2);

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeOutAsync(alice);
    }

    [Fact]
    [Trait("Standard", "BCL-2")]
    public async Task It_may_be_the_first_thing_that_is_heard_of_the_provider()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.RestartBffAsync();

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeOutAsync(alice);
    }

    [Fact]
    [Trait("Standard", "BCL-2")]
    public async Task It_is_encrypted_where_ID_tokens_are_and_then_must_be()
    {
        using var rsa = RSA.Create(2048);
        var encryption = TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem());
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Provider.IdTokenEncryption = encryption;
            world.Set("Bff:Oidc:IdTokenDecryptionKey", rsa.ExportPkcs8PrivateKeyPem());
        });
        var alice = await world.LogInAsync();
        world.Provider.IdTokenEncryption = null;
        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.BadRequest);
        world.Provider.IdTokenEncryption = encryption;

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeOutAsync(alice);
    }

    [Fact]
    [Trait("Standard", "BCL-4")]
    public async Task It_ends_sessions_of_its_provider_only_at_whichever_front_end_it_comes()
    {
        var (world, staff) = await TwoProviders.StartAsync();
        await using var _ = world;
        var alice = await world.LogInAsync("same");
        var bob = await world.LogInAtAdminAsync("same");

        await LogOutAsync(world, staff.LogoutToken("same"));
        await ShouldBeInAsync(alice);
        (await bob.GetAsync("/admin/api/echo")).ShouldBeProblem(401, "session_required");
        await LogOutAsync(world, world.Provider.LogoutToken("same"), "/admin" + BackChannelCalls.Path);
        await ShouldBeOutAsync(alice);

        (await world.SendLogoutAsync(Jwt.Sign(world.Provider.LogoutClaims("same"), SigningKey.Number(2)))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("Standard", "BCL-4")]
    public async Task A_subject_is_one_tenants_where_there_are_many()
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Provider.Tenant = Tenant;
            world.Set("Bff:Oidc:Authority", world.Provider.CommonAuthority);
            world.Set("Bff:Oidc:IssuerTemplate", world.Provider.Address + "/{tenantid}/v2.0");
            world.Set("Bff:Oidc:Tenants:0", "*");
        });
        var here = await world.LogInAsync();
        world.Provider.Tenant = OtherTenant;
        var there = await world.LogInAsync();

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        await ShouldBeInAsync(here);
        await ShouldBeOutAsync(there);
    }

    [Fact]
    [Trait("Standard", "BCL-16")]
    public async Task Nobody_asks_for_a_header_a_cookie_or_an_origin_and_none_does_harm()
    {
        await using var world = await World.StartAsync();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var request = bob.Bare(HttpMethod.Post, BackChannelCalls.Path);
        request.Content = BackChannelCalls.Form(world.Provider.LogoutToken("alice"));
        request.Headers.Add("Origin", "https://elsewhere.example");

        (await bob.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        await ShouldBeOutAsync(alice);
        await ShouldBeInAsync(bob);
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task Pages_streams_and_sockets_hear_of_it_and_it_is_on_record()
    {
        await using var world = await World.StartAsync();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/stream");
        await using var bobs = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/api/socket");

        await LogOutAsync(world, world.Provider.LogoutToken("alice"));

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("provider_logout");
        await socket.EndsAsync();
        await stream.EndsAsync();
        bobs.IsOpen.ShouldBeTrue();
        (await alice.GetAsync("/bff/session")).Text("reason").ShouldBe("provider_logout");
        world.Bff.Logs.Lines.ShouldContain(line => line.StartsWith("Information Bff.Audit: provider_logout time=", StringComparison.Ordinal)
            && line.Contains(" user=alice all=true count=1 by=provider address=127.0.0.1 ", StringComparison.OrdinalIgnoreCase));
        world.Bff.Logs.Lines.ShouldContain(line => line.StartsWith("Information Bff.Audit: session_ended time=", StringComparison.Ordinal)
            && line.Contains(" by=provider reason=provider_logout", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task A_silent_sign_in_brings_nobody_back_whom_the_provider_has_signed_out()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await LogOutAsync(world, world.Provider.LogoutToken("alice"));
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldContain("login_required");

        world.Sessions.ShouldBe(0);
    }

    [Theory]
    [Trait("Standard", "BCL-13")]
    [InlineData("true")]
    [InlineData("false")]
    public async Task It_finds_a_session_that_a_silent_sign_in_has_brought_to_another_one_there(string updatesClaims)
    {
        await using var world = await World.StartAsync(("Bff:Renewal:UpdateClaims", updatesClaims));
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        var sid = "";
        world.Provider.ShapeIdToken = claims => claims["sid"] = sid = "another-one";
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");

        await LogOutAsync(world, world.Provider.LogoutToken(subject: null, sid));

        await ShouldBeOutAsync(alice);
    }

    [Theory]
    [Trait("Standard", "BCL-13")]
    [InlineData(60, true)]
    [InlineData(-1, false)]
    [InlineData(2, false)]
    public async Task A_late_one_spares_a_session_that_began_at_the_provider_after_it(int secondsAfter, bool isSpared)
    {
        await using var world = await World.StartAsync();
        var late = world.Provider.LogoutToken("alice");
        var signedInAt = world.Clock.Now.AddSeconds(secondsAfter).ToUnixTimeSeconds();
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        world.Provider.ShapeIdToken = claims => claims["auth_time"] = signedInAt;
        var alice = await world.LogInAsync();

        await LogOutAsync(world, late);

        await (isSpared ? ShouldBeInAsync(alice) : ShouldBeOutAsync(alice));
    }

    private static async Task LogOutAsync(World world, string token, string path = BackChannelCalls.Path)
    {
        var answer = await world.SendLogoutAsync(token, path: path);
        answer.Status.ShouldBe(HttpStatusCode.OK, string.Join('\n', world.Bff.Logs.Lines.Where(line => line.Contains("refused", StringComparison.Ordinal))));
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Body.ShouldBeEmpty();
        answer.SetCookies.ShouldBeEmpty();
    }

    private static async Task ShouldBeInAsync(params Browser[] browsers)
    {
        foreach (var browser in browsers) { (await browser.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK); }
    }

    private static async Task ShouldBeOutAsync(params Browser[] browsers)
    {
        foreach (var browser in browsers) { (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required"); }
    }
}

using System.Net;
using System.Security.Cryptography;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>What the endpoint does beside looking at tokens.</summary>
public sealed class BackChannelEndpointTests
{
    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task A_store_that_is_away_makes_the_provider_send_the_same_token_again()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var token = world.Provider.LogoutToken("alice");
        world.Execute("ALTER TABLE sessions RENAME TO hidden");

        var answer = await world.SendLogoutAsync(token);

        answer.ShouldBeProblem(503, "logout_not_possible");
        answer.Header("Retry-After").ShouldBe("5");
        answer.Header("Cache-Control").ShouldBe("no-store");
        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await world.SendLogoutAsync(token)).Status == HttpStatusCode.OK;
        }, "the token is not used up");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task So_does_a_provider_whose_keys_cannot_be_fetched()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.RestartBffAsync();
        world.Provider.GoDown();
        var token = world.Provider.LogoutToken("alice");

        (await world.SendLogoutAsync(token)).ShouldBeProblem(503, "logout_not_possible");
        world.Provider.ComeBack();
        world.Clock.Advance(TimeSpan.FromSeconds(11));

        (await world.SendLogoutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task Wrong_tokens_are_limited_and_right_ones_are_not()
    {
        const int Limit = 5;
        await using var world = await World.StartAsync(("Bff:RateLimits:LogoutTokens", $"{Limit}"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => world.SendLogoutAsync(world.Provider.LogoutToken("user-" + number))));
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);

        await SpendAsync(world, Limit);

        var refused = await world.SendLogoutAsync(WithUnknownKey(world));
        refused.ShouldBeProblem(429, "too_many_requests");
        refused.Header("Retry-After").ShouldNotBeNull();
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task Who_spends_the_limit_of_an_address_keeps_no_right_token_from_it()
    {
        const int Limit = 3;
        await using var world = await World.StartAsync(("Bff:RateLimits:LogoutTokens", $"{Limit}"));
        var alice = await world.LogInAsync();
        await SpendAsync(world, Limit);
        (await world.SendLogoutAsync(WithUnknownKey(world))).ShouldBeProblem(429, "too_many_requests");

        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK);

        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task What_costs_nothing_counts_for_nothing()
    {
        const int Limit = 3;
        await using var world = await World.StartAsync(("Bff:RateLimits:LogoutTokens", $"{Limit}"));
        var used = world.Provider.LogoutToken("alice");
        (await world.SendLogoutAsync(used)).Status.ShouldBe(HttpStatusCode.OK);
        var ofAnother = world.Provider.LogoutClaims("alice");
        ofAnother["iss"] = "https://tenant.example";
        foreach (var token in Enumerable.Repeat(used, 5).Concat(Enumerable.Repeat(world.Provider.LogoutToken(ofAnother), 5)))
        {
            (await world.SendLogoutAsync(token)).Status.ShouldBe(HttpStatusCode.BadRequest);
        }

        world.Provider.Key = SigningKey.Number(2);

        (await world.SendLogoutAsync(world.Provider.LogoutToken("bob"))).Status.ShouldBe(HttpStatusCode.OK, "keys are fetched for it");
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task Decryptions_that_come_to_nothing_are_limited()
    {
        const int Limit = 3;
        using var rsa = RSA.Create(2048);
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Set("Bff:RateLimits:LogoutTokens", $"{Limit}");
            world.Set("Bff:Oidc:IdTokenDecryptionKey", rsa.ExportPkcs8PrivateKeyPem());
            world.Provider.IdTokenEncryption = TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem());
        });
        var ofAnother = world.Provider.LogoutClaims("alice");
        ofAnother["iss"] = "https://tenant.example";
        foreach (var _ in Enumerable.Range(0, Limit))
        {
            (await world.SendLogoutAsync(world.Provider.LogoutToken(ofAnother))).Status.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await world.SendLogoutAsync(world.Provider.LogoutToken(ofAnother))).ShouldBeProblem(429, "too_many_requests");
        (await world.SendLogoutAsync("rubbish")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task A_new_key_that_it_is_too_early_to_look_for_makes_the_provider_send_the_same_token_again()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await world.SendLogoutAsync(WithUnknownKey(world))).Status.ShouldBe(HttpStatusCode.BadRequest);
        world.Provider.Key = SigningKey.Number(3);
        var token = world.Provider.LogoutToken("alice");

        var early = await world.SendLogoutAsync(token);
        early.ShouldBeProblem(503, "logout_not_possible");
        early.Header("Retry-After").ShouldNotBeNull();
        world.Clock.Advance(TimeSpan.FromSeconds(11));

        (await world.SendLogoutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Trait("Standard", "BCL-2")]
    public async Task A_wrong_signature_under_the_name_of_a_known_key_makes_nobody_fetch_the_keys()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        var before = world.Provider.KeyDownloads;

        await SpendAsync(world, 1);

        world.Provider.KeyDownloads.ShouldBe(before);
    }

    [Fact]
    [Trait("Standard", "BCL-15")]
    public async Task A_provider_whose_logouts_are_not_wanted_ends_nothing()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:BackChannelLogout", "false"));
        var alice = await world.LogInAsync();

        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.BadRequest);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("Bff:Oidc:BackChannelLogout is off.", StringComparison.Ordinal));
    }

    private static async Task SpendAsync(World world, int limit)
    {
        var wrong = Jwt.Sign(world.Provider.LogoutClaims("alice"), SigningKey.Number(2) with { Kid = world.Provider.Key.Kid });
        foreach (var _ in Enumerable.Range(0, limit)) { (await world.SendLogoutAsync(wrong)).Status.ShouldBe(HttpStatusCode.BadRequest); }
    }

    private static string WithUnknownKey(World world) =>
        Jwt.Sign(world.Provider.LogoutClaims("alice"), SigningKey.Number(2) with { Kid = "unknown" });

    [Theory]
    [Trait("Standard", "BCL-1")]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    public async Task It_takes_a_POST_and_nothing_else(string method)
    {
        await using var world = await World.StartAsync();
        var server = world.NewBrowser();

        var answer = await server.SendAsync(server.Bare(new HttpMethod(method), BackChannelCalls.Path));

        answer.Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        answer.Header("Allow").ShouldBe("POST");
    }
}

using System.Net;
using System.Security.Cryptography;

namespace Bff.HostTests.Login;

/// <summary>ID tokens that are signed, encrypted or addressed in less usual ways, at a sign-in and at a renewal.</summary>
public sealed class TokenShapeTests
{
    [Theory]
    [InlineData("EdDSA")]
    [InlineData("ES512")]
    [InlineData("PS384")]
    public async Task Every_algorithm_that_a_provider_announces_signs_in(string algorithm)
    {
        using var key = TokenKey.Create(algorithm);
        await using var world = await World.StartPreparedAsync(world => world.Provider.TokenKey = key);
        await ShouldServeAsync(world);
    }

    [Fact]
    [Trait("Standard", "RP-8")]
    public async Task An_algorithm_that_is_not_listed_does_not()
    {
        using var key = TokenKey.Create("EdDSA");
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Provider.TokenKey = key;
            world.Set("Bff:Oidc:SigningAlgorithms:0", "ES256");
        });
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The ID token is signed with an algorithm that is not accepted.");
    }

    [Fact]
    public async Task The_client_secret_signs_where_that_is_listed()
    {
        await using var world = await World.StartPreparedAsync(world =>
        {
            (world.Provider.SignsIdTokensWithSecret, world.Provider.AcceptedSecret) = (true, new string('s', 40));
            world.Set("Bff:Oidc:ClientSecret", world.Provider.AcceptedSecret);
            world.Set("Bff:Oidc:SigningAlgorithms:0", "HS256");
        });
        await ShouldServeAsync(world);
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, world.Provider.Key);
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        world.Provider.WriteIdToken = claims => Jwt.SignWithSecret(claims, world.Provider.Key.Public()["n"]);
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The ID token has a wrong signature.");
    }

    [Fact]
    [Trait("Standard", "RP-23")]
    public async Task An_encrypted_id_token_is_read_and_goes_back_decrypted()
    {
        using var rsa = RSA.Create(2048);
        await using var world = await World.StartPreparedAsync(world =>
        {
            world.Provider.IdTokenEncryption = TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem());
            world.Provider.ShapeIdToken = claims => claims["role"] = "admin";
            var file = Path.Combine(world.Folder, "decryption.pem");
            File.WriteAllText(file, rsa.ExportPkcs8PrivateKeyPem());
            world.Set("Bff:Oidc:IdTokenDecryptionKeyFile", file);
            world.Set("Bff:Oidc:SendIdTokenHint", "true");
        });
        var alice = await ShouldServeAsync(world);
        (await alice.GetAsync("/bff/user")).Body.ShouldContain("admin");
        world.Provider.ShapeIdToken = _ => { };
        await world.AdvanceAsync(TimeSpan.FromSeconds(250));
        (await alice.GetAsync("/bff/user")).Body.ShouldNotContain("admin");

        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        world.Provider.SignOuts.Single()["id_token_hint"].Split('.').Length.ShouldBe(3, "OpenID Connect Core 1.0 section 3.1.2.1");
    }

    [Fact]
    [Trait("Standard", "RP-23")]
    public async Task An_encrypted_id_token_without_a_key_is_refused_by_the_name_of_the_setting()
    {
        using var rsa = RSA.Create(2048);
        await using var world = await World.StartAsync();
        world.Provider.IdTokenEncryption = TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem());
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "Bff:Oidc:IdTokenDecryptionKey has no key for it.");
    }

    [Fact]
    public async Task A_further_audience_is_accepted_when_it_is_listed()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:TrustedAudiences:0", "orders-api"));
        world.Provider.MoreAudiences = ["orders-api"];
        await ShouldServeAsync(world);
        world.Provider.MoreAudiences = ["orders-api", "other"];
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The ID token is also for an audience we do not trust.");
    }

    private static async Task<Browser> ShouldServeAsync(World world)
    {
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Refreshes.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        return alice;
    }

    private static void ShouldLog(World world, string text) => world.Bff.Logs.Lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal));
}

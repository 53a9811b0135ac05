using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests.PretendProviders;

/// <summary>What tokens say, how they are signed and encrypted, and what is at the user info endpoint.</summary>
public sealed class TokenTests
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task An_id_token_is_signed_with_the_key_that_is_published(string algorithm)
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = client.Provider.TokenKey = TokenKey.Create(algorithm);

        var token = await client.ValidateAsync((await client.SignInAsync()).Text("id_token")!);

        (token.Alg, token.Kid).ShouldBe((algorithm, key.Kid));
        (await client.MetadataAsync()).GetProperty("id_token_signing_alg_values_supported")[0].GetString().ShouldBe(algorithm);
    }

    [Fact]
    public async Task An_ed25519_key_is_published_as_okp_and_verifies_the_id_token()
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = client.Provider.TokenKey = TokenKey.Create("EdDSA");
        var token = (await client.SignInAsync()).Text("id_token")!;

        var published = (await client.GetAsync("/jwks")).Json.GetProperty("keys")[0];

        (published.GetProperty("kty").GetString(), published.GetProperty("crv").GetString()).ShouldBe(("OKP", "Ed25519"));
        published.TryGetProperty("d", out _).ShouldBeFalse();
        Verifies(token).ShouldBeTrue();
        Verifies(token.Replace(".e", ".f", StringComparison.Ordinal)).ShouldBeFalse();

        bool Verifies(string signed)
        {
            var verifier = new Org.BouncyCastle.Crypto.Signers.Ed25519Signer();
            verifier.Init(false, Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(Convert.FromBase64String(key.PublicPem.Split('\n')[1])));
            var data = Encoding.ASCII.GetBytes(signed[..signed.LastIndexOf('.')]);
            verifier.BlockUpdate(data, 0, data.Length);
            return verifier.VerifySignature(Base64Url.DecodeFromChars(signed.Split('.')[2]));
        }
    }

    [Fact]
    public async Task An_id_token_can_be_signed_with_the_client_secret()
    {
        await using var client = await ProviderClient.StartAsync();
        (client.Provider.SignsIdTokensWithSecret, client.Provider.AcceptedSecret) = (true, "a-secret-of-at-least-thirty-two-bytes");

        var token = (await client.SignInAsync()).Text("id_token")!;

        (await client.ValidateAsync(token, new SymmetricSecurityKey(Encoding.ASCII.GetBytes(client.Provider.AcceptedSecret)))).Alg.ShouldBe("HS256");
        (await client.MetadataAsync()).GetProperty("id_token_signing_alg_values_supported")[0].GetString().ShouldBe("HS256");
    }

    [Theory]
    [InlineData("dir", "A128CBC-HS256")]
    [InlineData("dir", "A256CBC-HS512")]
    [InlineData("RSA-OAEP", "A128CBC-HS256")]
    [InlineData("RSA-OAEP", "A256CBC-HS512")]
    public async Task An_encrypted_id_token_is_one_to_a_library(string algorithm, string encryption)
    {
        await using var client = await ProviderClient.StartAsync();
        using var rsa = RSA.Create(2048);
        var shared = RandomNumberGenerator.GetBytes(encryption == "A128CBC-HS256" ? 32 : 64);
        client.Provider.IdTokenEncryption = algorithm == "dir"
            ? TokenEncryption.Direct(shared).With(encryption)
            : TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem(), algorithm: algorithm).With(encryption);
        SecurityKey key = algorithm == "dir" ? new SymmetricSecurityKey(shared) : new RsaSecurityKey(rsa);

        var token = (await client.SignInAsync()).Text("id_token")!;

        var inner = new JsonWebTokenHandler().DecryptToken(new JsonWebToken(token), new TokenValidationParameters { TokenDecryptionKey = key });
        (await client.ValidateAsync(inner)).Subject.ShouldBe("alice");
    }

    /// <summary>What Microsoft's library cannot decrypt here.</summary>
    [Theory]
    [InlineData("dir")]
    [InlineData("RSA-OAEP-256")]
    public async Task An_id_token_can_be_encrypted_with_a256gcm(string algorithm)
    {
        await using var client = await ProviderClient.StartAsync();
        using var rsa = RSA.Create(2048);
        client.Provider.IdTokenEncryption = algorithm == "dir"
            ? TokenEncryption.WithSecret(PretendProvider.ClientSecret)
            : TokenEncryption.ForRsa(rsa.ExportSubjectPublicKeyInfoPem(), kid: "enc-1");

        var parts = (await client.SignInAsync()).Text("id_token")!.Split('.');

        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        (header.GetProperty("alg").GetString(), header.GetProperty("enc").GetString()).ShouldBe((algorithm, "A256GCM"));
        header.TryGetProperty("kid", out _).ShouldBe(algorithm != "dir");
        var bytes = parts[1..].Select(part => Base64Url.DecodeFromChars(part)).ToArray();
        var key = algorithm == "dir"
            ? SHA256.HashData(Encoding.UTF8.GetBytes(PretendProvider.ClientSecret))
            : rsa.Decrypt(bytes[0], RSAEncryptionPadding.OaepSHA256);
        using var aes = new AesGcm(key, 16);
        var plain = new byte[bytes[2].Length];
        aes.Decrypt(bytes[1], bytes[2], bytes[3], plain, Encoding.ASCII.GetBytes(parts[0]));
        (await client.ValidateAsync(Encoding.ASCII.GetString(plain))).Subject.ShouldBe("alice");
        (await client.MetadataAsync()).GetProperty("id_token_encryption_alg_values_supported")[0].GetString().ShouldBe(algorithm);
    }

    [Fact]
    public async Task Several_audiences_come_with_the_authorized_party()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.MoreAudiences = ["other"];

        var token = await client.ValidateAsync((await client.SignInAsync()).Text("id_token")!);

        token.Audiences.ShouldBe([PretendProvider.ClientId, "other"]);
        token.Azp.ShouldBe(PretendProvider.ClientId);
    }

    [Theory]
    [InlineData("resource", "https://api.example", "https://api.example", "invalid_target")]
    [InlineData("audience", "orders", "orders", "invalid_target")]
    [InlineData("scope", "api://orders/.default", "api://orders", "invalid_scope")]
    public async Task A_target_is_needed_at_code_and_at_refresh_and_becomes_the_audience(string parameter, string value, string audience, string error)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.Target = new(parameter, value);

        (await client.SignInAsync()).Text("error").ShouldBe(error);
        (await RedeemAsync("https://unknown.example")).Text("error").ShouldBe(error);
        var tokens = await RedeemAsync(value);
        new JsonWebToken(tokens.Text("access_token")).Audiences.ShouldBe([audience]);
        var refresh = ProviderClient.Renewal(tokens.Text("refresh_token")!);
        (await client.PostAsync("/token", refresh)).Text("error").ShouldBe(error);
        tokens = await client.PostAsync("/token", [.. refresh, (parameter, value)]);
        client.Provider.FindAccessToken(tokens.Text("access_token")!)!.Audiences.ShouldBe([audience]);

        async Task<Answer> RedeemAsync(string target) =>
            await client.PostAsync("/token", [.. ProviderClient.Redemption(await client.CodeAsync()), (parameter, target)]);
    }

    [Fact]
    public async Task A_user_s_name_can_be_at_the_user_info_endpoint_alone()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.UserInfo = new();
        (await client.MetadataAsync()).GetProperty("userinfo_endpoint").GetString().ShouldBe(client.Provider.Address + "/userinfo");

        var tokens = await client.SignInAsync(("login_hint", "bob"));

        new JsonWebToken(tokens.Text("id_token")).TryGetPayloadValue<string>("name", out _).ShouldBeFalse();
        var info = await UserInfoAsync(client, tokens.Text("access_token"));
        (info.Text("sub"), info.Text("name")).ShouldBe(("bob", "Name of bob"));
        (await UserInfoAsync(client, null)).Header("WWW-Authenticate").ShouldBe("Bearer");
        (await UserInfoAsync(client, "made-up")).Header("WWW-Authenticate").ShouldNotBeNull().ShouldContain("invalid_token");
        client.Clock.Advance(client.Provider.Lifetime);
        (await UserInfoAsync(client, tokens.Text("access_token"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        client.Provider.UserInfoCalls.Count.ShouldBe(4);
    }

    [Fact]
    public async Task User_info_can_be_signed_and_be_somebody_else_s()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.UserInfo = new() { IsSigned = true, SubjectInstead = "mallory" };

        var info = await UserInfoAsync(client, (await client.SignInAsync()).Text("access_token"));

        info.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("application/jwt");
        (await client.ValidateAsync(info.Body)).Subject.ShouldBe("mallory");
    }

    [Fact]
    public async Task A_tenant_is_named_in_tokens_and_answers_and_the_metadata_name_a_template()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.Tenant = "contoso";
        var (address, concrete) = (client.Provider.Address, client.Provider.Address + "/contoso/v2.0");

        (await client.MetadataAsync("/common/v2.0/.well-known/openid-configuration")).GetProperty("issuer").GetString().ShouldBe(address + "/{tenantid}/v2.0");
        (await client.MetadataAsync("/contoso/v2.0/.well-known/openid-configuration")).GetProperty("issuer").GetString().ShouldBe(concrete);
        (await client.GetAsync("/.well-known/openid-configuration")).Status.ShouldBe(HttpStatusCode.NotFound);
        ProviderClient.Parameters(await client.AuthorizeAsync())["iss"].ShouldBe(concrete);
        var token = await client.ValidateAsync((await client.SignInAsync()).Text("id_token")!);
        (token.Issuer, token.GetPayloadValue<string>("tid")).ShouldBe((concrete, "contoso"));
    }

    private static async Task<Answer> UserInfoAsync(ProviderClient client, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, client.Provider.Address + "/userinfo");
        if (token is not null) { request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        using var response = await client.Http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }
}

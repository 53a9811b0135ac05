using System.Net;
using System.Text;

namespace Bff.HostTests.PretendProviders;

/// <summary>Who the provider takes for its client under each rule.</summary>
public sealed class ClientRuleTests
{
    private const string OddSecret = "a:b c+d%e/é&=";

    public static TheoryData<string> Endpoints => ["/token", "/revoke", "/par"];

    private static string Basic(string id, string secret) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}"));

    private static (string Name, string Value)[] Form(params (string Name, string Value)[] more) =>
        [("grant_type", "refresh_token"), ("refresh_token", "none"), ("token", "none"), .. more];

    /// <summary>Past the client's authentication, whatever comes after.</summary>
    private static void ShouldKnowClient(Answer answer) => answer.Status.ShouldNotBe(HttpStatusCode.Unauthorized, answer.Body);

    private static void ShouldRefuse(PretendProvider provider, Answer answer, string reason)
    {
        answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Text("error").ShouldBe("invalid_client");
        provider.Refusals.Last().Reason.ShouldContain(reason);
        provider.ClientCalls.Last().Refusal.ShouldBe(provider.Refusals.Last().Reason);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Basic_credentials_have_to_be_form_encoded_and_alone(string path)
    {
        await using var client = await ProviderClient.StartAsync();
        var provider = client.Provider;
        (provider.ClientRule, provider.AcceptedSecret) = (ClientRule.SecretBasic, OddSecret);
        var good = Basic(PretendProvider.ClientId, WebUtility.UrlEncode(OddSecret));

        ShouldKnowClient(await client.PostAsync(path, null, good, Form()));
        ShouldKnowClient(await client.PostAsync(path, null, good, Form(("client_id", PretendProvider.ClientId))));
        var raw = await client.PostAsync(path, null, Basic(PretendProvider.ClientId, OddSecret), Form());
        ShouldRefuse(provider, raw, "not form-encoded");
        raw.Header("WWW-Authenticate").ShouldNotBeNull().ShouldStartWith("Basic");
        ShouldRefuse(provider, await client.PostAsync(path, null, good, Form(("client_secret", OddSecret))), "client_secret in the body");
        ShouldRefuse(provider, await client.PostAsync(path, null, good, Form(("client_id", "another"))), "another client_id");
        ShouldRefuse(provider, await client.PostAsync(path, null, null, Form(("client_id", PretendProvider.ClientId))), "no Basic");
        ShouldRefuse(provider, await client.PostAsync(path, null, "Basic ???", Form()), "no base64");
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_secret_in_the_body_has_to_be_alone(string path)
    {
        await using var client = await ProviderClient.StartAsync();
        var provider = client.Provider;
        provider.ClientRule = ClientRule.SecretPost;
        (string, string)[] good = Form(("client_id", PretendProvider.ClientId), ("client_secret", PretendProvider.ClientSecret));

        ShouldKnowClient(await client.PostAsync(path, null, null, good));
        var basic = Basic(PretendProvider.ClientId, PretendProvider.ClientSecret);
        ShouldRefuse(provider, await client.PostAsync(path, null, basic, good), "Authorization header");
        ShouldRefuse(provider, await client.PostAsync(path, null, basic, Form()), "Authorization header");
        ShouldRefuse(provider, await client.PostAsync(path, null, null, [.. good, ("client_assertion", "x")]), "client_assertion");
        ShouldRefuse(provider, await client.PostAsync(path, null, null, Form(("client_id", PretendProvider.ClientId), ("client_secret", "x"))), "wrong");
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_public_client_shows_its_id_and_nothing_else(string path)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.ClientRule = ClientRule.Public;
        (string, string)[] good = Form(("client_id", PretendProvider.ClientId));

        ShouldKnowClient(await client.PostAsync(path, null, null, good));
        ShouldRefuse(client.Provider, await client.PostAsync(path, null, null, [.. good, ("client_secret", "")]), "client_secret");
        ShouldRefuse(client.Provider, await client.PostAsync(path, null, Basic(PretendProvider.ClientId, ""), good), "Authorization");
        ShouldRefuse(client.Provider, await client.PostAsync(path, null, null, Form()), "client_id");
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    [InlineData("EdDSA")]
    public async Task An_assertion_is_checked_with_the_key_as_jwk_and_as_pem(string algorithm)
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = TokenKey.Create(algorithm);
        using var another = TokenKey.Create(algorithm);
        foreach (var handedOver in new[] { key.PublicJwk, key.PublicPem })
        {
            var rule = ClientRule.PrivateKeyJwt(handedOver, algorithm);
            client.Provider.ClientRule = rule;
            foreach (var path in Endpoints)
            {
                ShouldKnowClient(await client.PostAsync(path, null, null, Asserting(key.Sign(Claims(client)))));
                ShouldRefuse(client.Provider, await client.PostAsync(path, null, null, Asserting(another.Sign(Claims(client)))), "does not hold");
            }

            rule.Taken.Count.ShouldBe(3);
        }

        var metadata = await client.MetadataAsync();
        metadata.GetProperty("token_endpoint_auth_methods_supported")[0].GetString().ShouldBe("private_key_jwt");
        metadata.GetProperty("token_endpoint_auth_signing_alg_values_supported")[0].GetString().ShouldBe(algorithm);
    }

    public static TheoryData<string, string> Defects => new()
    {
        { "iss", "does not hold" }, { "sub", "another sub" }, { "aud", "does not hold" }, { "audiences", "several audiences" }, { "exp far", "does not hold" },
        { "exp over", "does not hold" }, { "no exp", "does not hold" }, { "no jti", "jti" }, { "alg", "does not hold" }, { "none", "does not hold" },
        { "kid", "kid" }, { "type", "client_assertion_type" }, { "secret", "client_secret" }, { "header", "Authorization" }, { "client_id", "client_id" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task A_defect_of_an_assertion_is_refused(string defect, string reason)
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = TokenKey.Create("ES256", kid: "mine");
        client.Provider.ClientRule = ClientRule.PrivateKeyJwt(key.PublicJwk, defect == "alg" ? "ES384" : "ES256", kid: "mine");
        var claims = Claims(client);
        switch (defect)
        {
            case "iss" or "sub" or "aud": claims[defect] = "another"; break;
            case "audiences": claims["aud"] = new[] { client.Provider.Issuer, "another" }; break;
            case "exp far": claims["exp"] = client.Clock.Now.AddMinutes(11).ToUnixTimeSeconds(); break;
            case "exp over": claims["exp"] = client.Clock.Now.AddMinutes(-1).ToUnixTimeSeconds(); break;
            case "no exp" or "no jti": claims.Remove(defect[3..]); break;
        }

        var assertion = defect == "none" ? Jwt.Unsigned(claims) : key.Sign(claims, header => { if (defect == "kid") { header.Remove("kid"); } });
        List<(string Name, string Value)> form = [.. Asserting(assertion)];
        if (defect == "type") { form.RemoveAll(field => field.Name == "client_assertion_type"); }
        if (defect == "secret") { form.Add(("client_secret", PretendProvider.ClientSecret)); }
        if (defect == "client_id") { form.Add(("client_id", "another")); }

        ShouldRefuse(client.Provider, await client.PostAsync("/token", null, defect == "header" ? Basic("x", "y") : null, [.. form]), reason);
    }

    [Fact]
    public async Task An_assertion_is_good_once()
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = TokenKey.Create("ES256");
        client.Provider.ClientRule = ClientRule.PrivateKeyJwt(key.PublicPem, "ES256");
        var assertion = key.Sign(Claims(client));

        ShouldKnowClient(await client.PostAsync("/token", null, null, Asserting(assertion)));
        ShouldRefuse(client.Provider, await client.PostAsync("/token", null, null, Asserting(assertion)), "used before");
    }

    private static Dictionary<string, object?> Claims(ProviderClient client) => new()
    {
        ["iss"] = PretendProvider.ClientId, ["sub"] = PretendProvider.ClientId, ["aud"] = client.Provider.Issuer, ["jti"] = Guid.NewGuid().ToString(),
        ["exp"] = client.Clock.Now.AddMinutes(1).ToUnixTimeSeconds(),
    };

    private static (string Name, string Value)[] Asserting(string assertion) =>
        Form(("client_assertion_type", PrivateKeyJwtRule.AssertionType), ("client_assertion", assertion));
}

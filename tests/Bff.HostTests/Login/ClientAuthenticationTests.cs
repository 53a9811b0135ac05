using System.Net;

namespace Bff.HostTests.Login;

/// <summary>Every call that has to say who we are says it in the way that is configured, or that the provider announces.</summary>
[Trait("Standard", "BBA-1")]
public sealed class ClientAuthenticationTests
{
    private const string OddSecret = "a:b c+d%e/é&=";

    [Theory]
    [InlineData("Auto", "client_secret_basic")]
    [InlineData("Auto", "client_secret_post")]
    [InlineData("ClientSecretBasic", "client_secret_basic")]
    [InlineData("ClientSecretPost", "client_secret_post")]
    public async Task A_secret_is_sent_in_the_way_the_provider_takes(string method, string taken)
    {
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.ClientRule = taken == "client_secret_post" ? ClientRule.SecretPost : ClientRule.SecretBasic;
            prepared.Provider.AcceptedSecret = OddSecret;
            prepared.Set("Bff:Oidc:ClientSecret", OddSecret);
            prepared.Set("Bff:Oidc:ClientAuthentication", method);
        });
        await CallsAsync(world);
    }

    [Fact]
    public async Task A_provider_that_announces_no_method_gets_the_secret_in_the_header()
    {
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.ClientRule = ClientRule.SecretBasic;
            prepared.Provider.Unannounced.Add("token_endpoint_auth_methods_supported");
        });
        await CallsAsync(world);
    }

    [Theory]
    [InlineData("Auto", "RS256", false)]
    [InlineData("Auto", "PS256", false)]
    [InlineData("Auto", "ES256", true)]
    [InlineData("PrivateKeyJwt", "ES384", true)]
    [InlineData("PrivateKeyJwt", "ES512", false)]
    [InlineData("PrivateKeyJwt", "PS512", true)]
    public async Task A_key_signs_a_new_assertion_for_each_call(string method, string algorithm, bool asJwk)
    {
        using var key = TokenKey.Create(algorithm);
        var rule = ClientRule.PrivateKeyJwt(key.PublicJwk, algorithm, key.Kid);
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            rule.OnlyAudience = prepared.Provider.Issuer;
            prepared.Provider.ClientRule = rule;
            WithoutSecret(prepared, method);
            prepared.Set("Bff:Oidc:ClientKey", asJwk ? key.PrivateJwk : key.PrivatePem);
            if (!asJwk) { prepared.Set("Bff:Oidc:ClientKeyId", key.Kid); }
            if (algorithm == "PS512" && !asJwk) { prepared.Set("Bff:Oidc:ClientKeyAlgorithm", algorithm); }
        });
        await CallsAsync(world);
        rule.Taken.Select(assertion => assertion.Id).ShouldBeUnique();
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains("eyJ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_assertion_is_for_the_token_endpoint_where_the_provider_insists()
    {
        using var key = TokenKey.Create("ES256");
        var rule = ClientRule.PrivateKeyJwt(key.PublicJwk, "ES256");
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            rule.OnlyAudience = prepared.Provider.Address + "/token";
            prepared.Provider.ClientRule = rule;
            WithoutSecret(prepared, "PrivateKeyJwt");
            prepared.Set("Bff:Oidc:ClientKey", key.PrivatePem);
            prepared.Set("Bff:Oidc:ClientAssertionAudience", "TokenEndpoint");
        });
        await CallsAsync(world);
    }

    [Fact]
    public async Task A_public_client_says_its_id_and_the_log_says_that_it_is_one()
    {
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.ClientRule = ClientRule.Public;
            WithoutSecret(prepared, "None");
        });
        await CallsAsync(world);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("Bff:Oidc:ClientAuthentication: is None", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_made_of_a_key_is_new_for_each_call()
    {
        using var key = TokenKey.Create("ES256", "KEY1234567");
        var secrets = new List<string>();
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.ClientRule = new SecretOfKeyRule(secrets);
            WithoutSecret(prepared, "ClientSecretPost");
            prepared.Set("Bff:Oidc:ClientKey", key.PrivatePem);
            prepared.Set("Bff:Oidc:ClientKeyId", key.Kid);
            prepared.Set("Bff:Oidc:ClientSecretFromKey:Issuer", "TEAM123456");
        });
        await CallsAsync(world);
        secrets.ShouldAllBe(secret => new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(secret).Issuer == "TEAM123456");
    }

    [Fact]
    public async Task A_sign_in_whose_method_the_provider_does_not_take_is_about_our_client()
    {
        await using var world = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.ClientRule = ClientRule.SecretPost;
            prepared.Set("Bff:Oidc:ClientAuthentication", "ClientSecretBasic");
        });
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(502, "provider_refuses_client");
    }

    private static void WithoutSecret(World world, string method)
    {
        world.Set("Bff:Oidc:ClientSecret", null);
        world.Set("Bff:Oidc:ClientAuthentication", method);
    }

    /// <summary>A pushed request, a code, a refresh and a revocation.</summary>
    private static async Task CallsAsync(World world)
    {
        world.Provider.OffersPushedRequests = true;
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        await alice.PostAsync("/bff/logout");
        await world.SeesRevocationAsync();
        await Eventually.HappensAsync(() => world.Provider.ClientCalls.Count == 4);   // it looks at the token first, then at the client

        world.Provider.ClientCalls.Select(call => call.Path).ShouldBe(["/par", "/token", "/token", "/revoke"]);
        world.Provider.ClientCalls.ShouldAllBe(call => call.Refusal == null);
    }

    /// <summary>As Apple: any token for a secret.</summary>
    private sealed class SecretOfKeyRule(List<string> secrets) : ClientRule
    {
        public override string Method => "client_secret_post";

        public override Task<string?> RefuseAsync(ClientRequest request)
        {
            secrets.Add(request.Form.GetValueOrDefault("client_secret", ""));
            return Task.FromResult(NotOurId(request) ?? Beside(request, post: true));
        }
    }
}

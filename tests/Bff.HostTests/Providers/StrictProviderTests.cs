using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Providers;

/// <summary>
/// A whole day at providers that refuse everything but one way of doing things: sign-in, calls, renewals in the background, sign-out, and not one refusal. Mutual
/// TLS, which needs a process of its own, is in <see cref="Login.ClientCertificateTests"/>.
/// </summary>
public sealed class StrictProviderTests
{
    private const string Resource = "https://api.example/orders", Tenant = "11111111-aaaa-4bbb-8ccc-222222222222";

    private static readonly Dictionary<string, Action<World>> Traits = new()
    {
        ["client_secret_basic"] = world => world.Provider.ClientRule = ClientRule.SecretBasic,
        ["client_secret_post"] = world => world.Provider.ClientRule = ClientRule.SecretPost,
        ["private_key_jwt RS256"] = world => SignAssertions(world, "RS256"),
        ["private_key_jwt PS256"] = world => SignAssertions(world, "PS256"),
        ["private_key_jwt ES256"] = world => SignAssertions(world, "ES256"),
        ["a public client"] = world =>
        {
            world.Provider.ClientRule = ClientRule.Public;
            world.Set("Bff:Oidc:ClientSecret", null);
            world.Set("Bff:Oidc:ClientAuthentication", "None");
        },
        ["PAR required"] = world => (world.Provider.OffersPushedRequests, world.Provider.RequiresPushedRequests) = (true, true),
        ["bound tokens"] = world =>
        {
            world.Provider.Proofs = new(world.Clock);
            world.Set("Bff:Oidc:TokenType", "DPoP");
        },
        ["PAR refused"] = world => (world.Provider.OffersPushedRequests, world.Provider.RefusesPushedRequestsWith) = (true, 403),
        ["form_post"] = world => Respond(world, "form_post"),
        ["query.jwt"] = world => Respond(world, "query.jwt"),
        ["EdDSA"] = world => world.Provider.TokenKey = TokenKey.Create("EdDSA"),
        ["names at userinfo only"] = world => world.Provider.UserInfo = new UserInfoRule(),
        ["several audiences"] = world =>
        {
            world.Provider.MoreAudiences = ["another"];
            world.Set("Bff:Oidc:TrustedAudiences:0", "another");
        },
        ["an issuer for each tenant"] = world =>
        {
            world.Provider.Tenant = Tenant;
            world.Set("Bff:Oidc:Authority", world.Provider.CommonAuthority);
            world.Set("Bff:Oidc:IssuerTemplate", world.Provider.Address + "/{tenantid}/v2.0");
            world.Set("Bff:Oidc:Tenants:0", Tenant);
        },
        ["a sign-out like Cognito's"] = world =>
        {
            world.Provider.SignOut = SignOutStyle.Cognito;
            world.Set("Bff:Oidc:Logout:Address", world.Provider.Address + "/logout");
            world.Set("Bff:Oidc:Logout:ReturnParameter", "logout_uri");
        },
        ["resource at the token endpoint"] = world =>
        {
            world.Provider.Target = new("resource", Resource);
            world.Set("Bff:Oidc:TokenParameters:resource", Resource);
        },
        ["a refresh token only after consent"] = world =>
        {
            world.Provider.WantsAccessTypeOffline = true;
            world.Set("Bff:Oidc:AuthorizationParameters:access_type", "offline");
            world.Set("Bff:Oidc:AuthorizationParameters:prompt", "consent");
        },
    };

    public static TheoryData<string> Names => [.. Traits.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Standard", "OUT-3")]
    public async Task A_strict_provider_is_served_from_sign_in_to_sign_out(string trait)
    {
        await using var world = await World.StartPreparedAsync(Traits[trait]);
        world.Provider.RegisteredSignOutUris.Add(new Uri(world.Bff.Address, "/signout-callback-oidc").AbsoluteUri);
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        var session = JsonDocument.Parse((await alice.GetAsync("/bff/session")).Body).RootElement;
        session.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
        session.GetProperty("renewal").GetString().ShouldBe("background");

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes >= 2, TimeSpan.FromMinutes(15));
        await world.SendsNewestTokenAsync(alice);
        world.Provider.Reuses.ShouldBe(0);

        (await alice.OpenAsync(session.GetProperty("logoutUrl").GetString()!)).Status.ShouldBe(HttpStatusCode.Found);
        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync();
        if (trait != "PAR refused") { world.Provider.Refusals.ShouldBeEmpty(); }
    }

    private static void SignAssertions(World world, string algorithm)
    {
        var key = TokenKey.Create(algorithm);
        world.Provider.ClientRule = ClientRule.PrivateKeyJwt(key.PublicJwk, algorithm);
        world.Set("Bff:Oidc:ClientSecret", null);
        world.Set("Bff:Oidc:ClientKey", key.PrivatePem);
    }

    private static void Respond(World world, string mode)
    {
        world.Provider.ResponseModes = [mode];
        world.Set("Bff:Oidc:ResponseMode", mode);
    }
}

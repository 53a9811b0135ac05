using System.Net;

namespace Bff.HostTests.Login;

/// <summary>A provider of many tenants, whose metadata name no single issuer.</summary>
[Trait("Standard", "RP-27")]
public sealed class TenantTests
{
    private const string Ours = "11111111-aaaa-4bbb-8ccc-222222222222", Other = "33333333-dddd-4eee-8fff-444444444444";

    [Fact]
    public async Task A_user_of_a_listed_tenant_signs_in_and_is_renewed()
    {
        await using var world = await StartAsync(Ours);
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Refreshes.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "RFC9207-1")]
    public async Task A_user_of_another_tenant_is_refused_before_the_code_is_redeemed()
    {
        await using var world = await StartAsync(Ours);
        world.Provider.Tenant = Other;
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        world.Sessions.ShouldBe(0);
        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_user_of_another_tenant_is_refused_by_the_id_token_where_the_response_names_no_issuer()
    {
        await using var world = await StartAsync(Ours, world =>
        {
            world.Provider.Unannounced.Add("authorization_response_iss_parameter_supported");
            world.Provider.ShapeAuthorizeAnswer = answer => answer.Remove("iss");
        });
        await world.LogInAsync();
        world.Provider.Tenant = Other;
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The ID token is of a tenant that is not in Bff:Oidc:Tenants.");
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task The_tenant_that_answers_is_the_one_whose_user_comes()
    {
        await using var world = await StartAsync("*");
        world.Provider.ShapeIdToken = claims =>
        {
            (claims["tid"], claims["iss"]) = (Other, claims["iss"]!.ToString()!.Replace(Ours, Other, StringComparison.Ordinal));
        };
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The ID token is of another issuer than the authorization response.");
    }

    [Fact]
    public async Task All_tenants_are_let_in_where_that_is_said_and_the_start_warns()
    {
        await using var world = await StartAsync("*");
        ShouldLog(world, "Bff:Oidc:Tenants: is *, so the users of all tenants may sign in.");
        await world.LogInAsync();
        world.Provider.Tenant = Other;
        await world.LogInAsync();
        world.Sessions.ShouldBe(2);
    }

    [Fact]
    [Trait("Standard", "RP-15")]
    public async Task A_renewal_that_brings_the_same_subject_of_another_tenant_ends_the_session()
    {
        await using var world = await StartAsync("*");
        var alice = await world.LogInAsync();
        MoveTo(world, Other);
        await alice.PostAsync("/bff/renew");
        world.Sessions.ShouldBe(0);
        (await alice.GetAsync("/api/echo")).ShouldSay("session_ended");
    }

    [Fact]
    public async Task A_silent_sign_in_of_the_same_subject_in_another_tenant_does_not_go_on_with_the_session()
    {
        await using var world = await StartAsync("*");
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        var token = world.Provider.Grant.AccessToken!.Value;
        world.Provider.Tenant = Other;
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldContain("login_required");
        await alice.GetAsync("/api/echo");
        world.Api.LastCall.Token.ShouldBe(token);
    }

    [Fact]
    public async Task The_tenant_is_remembered_also_when_few_claims_are_kept()
    {
        await using var world = await StartAsync(Ours, world => world.Set("Bff:Oidc:Claims:0", "email"));
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task Metadata_with_another_issuer_than_the_template_are_not_used()
    {
        await using var world = await StartAsync(Ours, world => world.Set("Bff:Oidc:IssuerTemplate", world.Provider.Address + "/{tenantid}/v1.0"));
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("provider_unavailable");
    }

    private static void MoveTo(World world, string tenant) => world.Provider.ShapeIdToken = claims =>
        (claims["tid"], claims["iss"]) = (tenant, $"{world.Provider.Address}/{tenant}/v2.0");

    private static void ShouldLog(World world, string text) => world.Bff.Logs.Lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal));

    private static Task<World> StartAsync(string allowed, Action<World>? prepare = null) => World.StartPreparedAsync(world =>
    {
        world.Provider.Tenant = Ours;
        world.Set("Bff:Oidc:Authority", world.Provider.CommonAuthority);
        world.Set("Bff:Oidc:IssuerTemplate", world.Provider.Address + "/{tenantid}/v2.0");
        world.Set("Bff:Oidc:Tenants:0", allowed);
        prepare?.Invoke(world);
    });
}

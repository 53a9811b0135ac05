using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>How a user has signed in (<c>acr</c>), where the operator insists on what was asked for.</summary>
[Trait("Standard", "RP-26")]
public sealed class AcrTests
{
    private static readonly (string, string?) RequireAcr = ("Bff:Oidc:RequireAcr", "true");

    [Theory]
    [InlineData("urn:mfa urn:key", "urn:key", true)]
    [InlineData("urn:mfa", "urn:password", false)]
    [InlineData("urn:mfa", "URN:MFA", false)]
    [InlineData("urn:mfa", null, false)]
    [InlineData(null, "urn:password", true)]
    [InlineData(null, null, true)]
    public async Task A_sign_in_in_another_way_than_asked_for_is_none(string? asked, string? acr, bool accepted)
    {
        await using var world = await World.StartAsync(RequireAcr);
        if (acr is not null) { world.Provider.ShapeIdToken = claims => claims["acr"] = acr; }
        var alice = world.NewBrowser();
        var login = QueryHelpers.AddQueryString("/bff/login?returnUrl=/page", asked is null ? [] : new Dictionary<string, string?> { ["acr_values"] = asked });

        var end = await alice.StepAsync(await alice.GoToCallbackAsync(login));

        end.Location!.PathAndQuery.ShouldBe(accepted ? "/page" : "/page?error=unmet_authentication_requirements");
        (alice.Session is not null).ShouldBe(accepted);
        if (!accepted) { await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1); }
    }

    [Fact]
    public async Task Unless_the_operator_insists_it_is_a_wish()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["acr"] = "urn:password";
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?acr_values=urn:mfa");
        alice.Session.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("urn:mfa", true)]
    [InlineData("urn:password", false)]
    [InlineData(null, false)]
    public async Task A_silent_sign_in_gives_its_session_no_other_acr(string? later, bool continues)
    {
        await using var world = await World.StartAsync(RequireAcr);
        world.Provider.ShapeIdToken = claims => claims["acr"] = "urn:mfa";
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice&acr_values=urn:mfa");
        if (later is null) { world.Provider.ShapeIdToken = _ => { }; }
        else { world.Provider.ShapeIdToken = claims => claims["acr"] = later; }

        var end = await alice.OpenAsync("/bff/silent-login");

        end.Location!.Query.ShouldBe(continues ? "?result=ok" : "?result=error&error=login_required");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_renewal_whose_id_token_says_nothing_of_it_leaves_a_session_as_strong_as_it_was()
    {
        await using var world = await World.StartAsync(RequireAcr);
        world.Provider.ShapeIdToken = claims => claims["acr"] = "urn:mfa";
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice&acr_values=urn:mfa");
        world.Provider.ShapeIdToken = _ => { };
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(System.Net.HttpStatusCode.OK);

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=login_required");
        world.Provider.ShapeIdToken = claims => claims["acr"] = "urn:mfa";
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
    }
}

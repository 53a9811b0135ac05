using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.PretendProviders;

/// <summary>How the browser of these tests follows the provider, and two of them.</summary>
public sealed class BrowserTests
{
    [Fact]
    public async Task A_form_of_the_provider_is_posted_with_its_origin_and_only_the_cookies_that_cross_sites()
    {
        await using var client = await ProviderClient.StartAsync();
        await using var api = await PretendApi.StartAsync(client.Provider, client.Clock);
        client.Provider.ResponseModes = ["form_post"];
        var here = new UriBuilder(api.Address) { Host = "localhost" }.Uri;
        using var browser = new Browser(() => here, client.Provider.Address, client.Clock);
        browser.Cookies.Take("localhost",
        [
            "lax=1; path=/; samesite=lax", "strict=1; path=/; samesite=strict", "none=1; path=/; secure; samesite=none", "silent=1; path=/",
            "insecure=1; path=/; samesite=none",
        ]);
        var request = ProviderClient.Request(("response_mode", "form_post"), ("redirect_uri", new Uri(here, "/callback").AbsoluteUri));

        await browser.OpenAsync(new Uri(QueryHelpers.AddQueryString(client.Provider.Address + "/authorize", request)));

        (api.LastCall.Method, api.LastCall.Path).ShouldBe(("POST", "/callback"));
        (api.LastCall.Header("Origin"), api.LastCall.Header("Sec-Fetch-Site")).ShouldBe((client.Provider.Address, "cross-site"));
        api.LastCall.Header("Content-Type").ShouldBe("application/x-www-form-urlencoded");
        api.LastCall.Header("Cookie").ShouldBe("none=1");
    }

    [Fact]
    public async Task Two_providers_in_one_world_have_issuers_clients_and_sign_ins_of_their_own()
    {
        await using var world = await World.StartAsync();
        var other = await world.StartProviderAsync();
        var alice = await world.LogInAsync();
        other.Issuer.ShouldNotBe(world.Provider.Issuer);
        other.AcceptedClientId.ShouldNotBe(world.Provider.AcceptedClientId);
        world.Provider.Grant.Subject.ShouldBe("alice");

        var request = ProviderClient.Request(("client_id", other.AcceptedClientId), ("login_hint", "bob"));
        await alice.OpenAsync(new Uri(QueryHelpers.AddQueryString(other.Address + "/authorize", request)));

        alice.Cookies.Value(world.Provider.SessionCookie, "127.0.0.1").ShouldBe("alice");
        alice.Cookies.Value(other.SessionCookie, "127.0.0.1").ShouldBe("bob");
    }

    [Fact]
    public async Task The_proxy_can_be_moved_to_the_other_provider_and_the_api_takes_its_tokens()
    {
        await using var world = await World.StartPreparedAsync(async world =>
        {
            var other = await world.StartProviderAsync("second", "second-secret");
            world.Set("Bff:Oidc:Authority", other.Issuer);
            world.Set("Bff:Oidc:ClientId", other.AcceptedClientId);
            world.Set("Bff:Oidc:ClientSecret", other.AcceptedSecret);
        });

        var bob = await world.LogInAsync("bob");

        (await bob.GetAsync("/api/echo")).ShouldSatisfyAllConditions(
            answer => answer.Status.ShouldBe(HttpStatusCode.OK), answer => answer.Body.ShouldBe("bob"));
        world.Provider.Grants.ShouldBeEmpty();
    }
}

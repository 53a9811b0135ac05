using System.Net;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.HostTests.PretendProviders;

/// <summary>What the provider asks of an authorization request, and how it answers.</summary>
public sealed class AuthorizationTests
{
    [Fact]
    public async Task Where_pushed_requests_are_required_no_other_is_taken()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.RequiresPushedRequests = true;
        var metadata = await client.MetadataAsync();
        metadata.GetProperty("require_pushed_authorization_requests").GetBoolean().ShouldBeTrue();
        metadata.GetProperty("pushed_authorization_request_endpoint").GetString().ShouldBe(client.Provider.Address + "/par");

        var refused = ProviderClient.Parameters(await client.AuthorizeAsync());
        (refused["error"], refused["state"]).ShouldBe(("invalid_request", "s1"));
        client.Provider.Refusals.Last().Reason.ShouldContain("not pushed");
        var pushed = await client.PostAsync("/par", [.. ProviderClient.Request().Select(pair => (pair.Key, pair.Value!))]);
        var uri = Uri.EscapeDataString(pushed.Text("request_uri")!);
        ProviderClient.Parameters(await client.GetAsync($"/authorize?client_id={PretendProvider.ClientId}&request_uri={uri}")).ShouldContainKey("code");
        (await client.GetAsync($"/authorize?client_id={PretendProvider.ClientId}&request_uri=unknown")).Text("error").ShouldBe("invalid_request_uri");
    }

    [Theory]
    [InlineData(403, "access_denied")]
    [InlineData(400, "invalid_request")]
    public async Task Pushed_requests_can_be_announced_and_refused(int status, string error)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.RefusesPushedRequestsWith = status;
        (await client.MetadataAsync()).TryGetProperty("pushed_authorization_request_endpoint", out _).ShouldBeTrue();

        var answer = await client.PostAsync("/par", [.. ProviderClient.Request().Select(pair => (pair.Key, pair.Value!))]);

        ((int)answer.Status, answer.Text("error")).ShouldBe((status, error));
        ProviderClient.Parameters(await client.AuthorizeAsync()).ShouldContainKey("code");
    }

    [Theory]
    [InlineData("query", "form_post")]
    [InlineData("form_post", null)]
    [InlineData("form_post", "query")]
    [InlineData("query.jwt", "query")]
    public async Task A_response_mode_that_is_not_offered_is_refused(string offered, string? asked)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.ResponseModes = [offered];
        (await client.MetadataAsync()).GetProperty("response_modes_supported")[0].GetString().ShouldBe(offered);

        var answer = asked is null ? await client.AuthorizeAsync() : await client.AuthorizeAsync(("response_mode", asked));

        (answer.Status, answer.Text("error")).ShouldBe((HttpStatusCode.BadRequest, "invalid_request"));
    }

    [Fact]
    public async Task A_form_post_is_a_page_whose_form_has_the_answer()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.ResponseModes = ["form_post"];

        var form = PostedForm.In(await client.AuthorizeAsync(("response_mode", "form_post"), ("state", "<\"&'>"))).ShouldNotBeNull();

        form.Action.ShouldBe(new Uri(ProviderClient.Callback));
        (form.Fields["state"], form.Fields["iss"]).ShouldBe(("<\"&'>", client.Provider.Issuer));
        (await client.PostAsync("/token", ProviderClient.Redemption(form.Fields["code"]))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("query.jwt")]
    [InlineData("jwt")]
    [InlineData("form_post.jwt")]
    public async Task A_signed_response_names_its_issuer_and_audience_and_expires(string mode)
    {
        await using var client = await ProviderClient.StartAsync();
        using var key = TokenKey.Create("PS256");
        (client.Provider.ResponseModes, client.Provider.TokenKey) = ([mode], key);

        var answer = await client.AuthorizeAsync(("response_mode", mode));

        var parameters = mode == "form_post.jwt" ? PostedForm.In(answer)!.Fields : ProviderClient.Parameters(answer);
        var response = await client.ValidateAsync(parameters.ShouldHaveSingleItem().Value);
        response.Alg.ShouldBe("PS256");
        response.GetPayloadValue<string>("state").ShouldBe("s1");
        response.ValidTo.ShouldBeGreaterThan(client.Clock.Now.UtcDateTime);
        var code = response.GetPayloadValue<string>("code");
        (await client.PostAsync("/token", ProviderClient.Redemption(code))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refresh_token_can_need_offline_access_and_consent()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.WantsAccessTypeOffline = true;

        (await client.SignInAsync()).Text("refresh_token").ShouldBeNull();
        (await client.SignInAsync(("access_type", "offline"))).Text("refresh_token").ShouldBeNull();
        (await client.SignInAsync(("prompt", "consent"))).Text("refresh_token").ShouldBeNull();
        (await client.SignInAsync(("access_type", "offline"), ("prompt", "consent"))).Text("refresh_token").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_target_can_be_needed_at_the_authorization_endpoint_too()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.Target = new("resource", "https://api.example") { AlsoAtAuthorize = true };

        ProviderClient.Parameters(await client.AuthorizeAsync())["error"].ShouldBe("invalid_target");
        ProviderClient.Parameters(await client.AuthorizeAsync(("resource", "https://api.example"))).ShouldContainKey("code");
    }

    [Fact]
    public async Task The_strength_of_a_sign_in_is_as_asked_or_as_the_rule_has_it()
    {
        await using var client = await ProviderClient.StartAsync();
        var rule = client.Provider.Strength = new();

        (await IdTokenAsync(("acr_values", "gold silver"))).GetPayloadValue<string>("acr").ShouldBe("gold");
        (await IdTokenAsync()).TryGetPayloadValue<string>("acr", out _).ShouldBeFalse();
        rule.AcrInstead = "bronze";
        (await IdTokenAsync(("acr_values", "gold"))).GetPayloadValue<string>("acr").ShouldBe("bronze");

        async Task<JsonWebToken> IdTokenAsync(params (string, string)[] asked) => new((await client.SignInAsync(asked)).Text("id_token"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_in_older_than_asked_is_done_again_unless_the_provider_does_not_care(bool ignoresAge)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.Strength = new() { IgnoresAge = ignoresAge };
        using var browser = new Browser(() => new Uri("http://localhost:5000"), client.Provider.Address, client.Clock);
        var first = client.Clock.Now.ToUnixTimeSeconds();
        (await AuthTimeAsync()).ShouldBe(first);

        client.Clock.Advance(TimeSpan.FromMinutes(10));

        (await AuthTimeAsync(("max_age", "3600"))).ShouldBe(first);
        (await AuthTimeAsync(("max_age", "60"))).ShouldBe(ignoresAge ? first : first + 600);

        async Task<long> AuthTimeAsync(params (string, string)[] asked)
        {
            var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(client.Provider.Address + "/authorize", ProviderClient.Request(asked));
            var tokens = await client.PostAsync(
                "/token", ProviderClient.Redemption(ProviderClient.Parameters(await browser.StepAsync(new Uri(query)))["code"]));
            return new JsonWebToken(tokens.Text("id_token")).GetPayloadValue<long>("auth_time");
        }
    }
}

using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>The provider signs its response (JARM).</summary>
[Trait("Standard", "RP-29")]
public sealed class SignedResponseTests
{
    [Theory]
    [InlineData("query.jwt", "RS256")]
    [InlineData("jwt", "ES256")]
    [InlineData("form_post.jwt", "PS256")]
    public async Task A_signed_response_signs_a_user_in(string mode, string algorithm)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", mode));
        using var key = TokenKey.Create(algorithm);
        world.Provider.TokenKey = key;
        var alice = world.NewBrowser();

        await alice.OpenAsync("/bff/login?login_hint=alice&returnUrl=/page");

        world.Provider.Authorizations.Single()["response_mode"].ShouldBe(mode);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("more audiences")]
    [InlineData("exp")]
    [InlineData("no exp")]
    [InlineData("code is no text")]
    public async Task A_response_that_is_not_for_us_from_our_provider_and_of_now_is_refused(string wrong)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        world.Provider.ShapeSignedAnswer = claims =>
        {
            switch (wrong)
            {
                case "iss": claims["iss"] = "https://evil.example"; break;
                case "aud": claims["aud"] = "another"; break;
                case "more audiences": claims["aud"] = new[] { PretendProvider.ClientId, "another" }; break;
                case "exp": claims["exp"] = world.Clock.Now.AddMinutes(-3).ToUnixTimeSeconds(); break;
                case "no exp": claims.Remove("exp"); break;
                default: claims["code"] = new[] { claims["code"] }; break;
            }
        };
        await IsRefusedAsync(world, callback => callback);
    }

    [Fact]
    public async Task A_response_of_another_key_or_of_none_is_refused()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        await IsRefusedAsync(world, callback => With(callback, ("response", Resigned(callback, claims => Jwt.Sign(claims, SigningKey.Number(2))))));
        await IsRefusedAsync(world, callback => With(callback, ("response", Resigned(callback, Jwt.Unsigned))));
        await IsRefusedAsync(
            world, callback => With(callback, ("response", Resigned(callback, claims => Jwt.SignWithSecret(claims, PretendProvider.ClientSecret)))));
    }

    [Fact]
    public async Task What_stands_beside_the_signed_response_or_instead_of_it_is_refused()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var response = QueryHelpers.ParseQuery(callback.Query)["response"].ToString();
        foreach (var query in new[] { callback.Query + "&code=mine", callback.Query + "&response=" + response, "?error=access_denied&state=x", "?response=" })
        {
            (await alice.StepAsync(new Uri(callback, query), accept: "*/*")).ShouldBeProblem(400, "invalid_state");
        }

        world.Provider.TokenCalls.ShouldBeEmpty();
        await alice.OpenAsync(callback);
        alice.Session.ShouldNotBeNull("nothing of it has spoilt the flow");
    }

    [Fact]
    [Trait("Standard", "SEC-2")]
    public async Task A_signed_response_counts_once_and_in_the_browser_that_began_and_costs_nothing_elsewhere()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        var (alice, mallory) = (world.NewBrowser(), world.NewBrowser());
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        var keys = world.Provider.KeyDownloads;
        (await mallory.StepAsync(callback, accept: "*/*")).ShouldBeProblem(400, "invalid_state");
        world.Provider.KeyDownloads.ShouldBe(keys);
        await alice.OpenAsync(callback);
        await alice.StepAsync(callback);
        world.Provider.TokenCalls.Count.ShouldBe(1);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_nobody_has_seen_yet_is_fetched()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login");
        world.Provider.Key = SigningKey.Number(2);
        (await alice.StepAsync(await alice.GoToCallbackAsync("/bff/login?returnUrl=/page"))).Location!.PathAndQuery.ShouldBe("/page");
    }

    [Fact]
    public async Task An_error_is_signed_too_and_leads_back_to_the_page()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:ResponseMode", "query.jwt"));
        world.Provider.AuthorizeError = "access_denied";
        var alice = world.NewBrowser();
        (await alice.StepAsync(await alice.GoToCallbackAsync("/bff/login?returnUrl=/page"))).Location!.PathAndQuery.ShouldBe("/page?error=access_denied");
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=access_denied");
    }

    private static async Task IsRefusedAsync(World world, Func<Uri, Uri> shape)
    {
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice&returnUrl=/page");
        var answer = await alice.StepAsync(shape(callback), accept: "*/*");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.ShouldSay("sign_in_failed");
        alice.Session.ShouldBeNull();
        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    private static string Resigned(Uri callback, Func<IDictionary<string, object?>, string> sign)
    {
        var claims = QueryHelpers.ParseQuery(callback.Query)["response"].ToString().Split('.')[1];
        return sign(System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, object?>>(System.Buffers.Text.Base64Url.DecodeFromChars(claims))!);
    }

    private static Uri With(Uri callback, (string Name, string Value) parameter) =>
        new(QueryHelpers.AddQueryString(callback.GetLeftPart(UriPartial.Path), parameter.Name, parameter.Value));
}

using System.ComponentModel.DataAnnotations;
using Bff.Providers;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Tests.Providers;

[Trait("Standard", "RP-24")]
public sealed class OidcOptionsTests
{
    [Fact]
    public void What_makes_the_request_ours_cannot_be_given_away()
    {
        ProviderParameters.OurOwn.ShouldBeSubsetOf(Refused(ProviderParameters.OurOwn));
        Refused(["dpop_jkt", "claims", "registration", "authorization_details", "resource", "audience"]).Count.ShouldBe(6);
        Refused(["connection", "prompt", "kc_idp_hint", "display"]).ShouldBeEmpty();
    }

    [Fact]
    public void What_makes_a_request_ours_cannot_be_configured_besides()
    {
        foreach (var name in ProviderParameters.OurOwn)
        {
            Mistake(new() { AuthorizationParameters = { [name] = "x" } }).ShouldBe(($"AuthorizationParameters:{name}", "is set by Bff alone."));
        }

        foreach (var name in new[] { "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "Client_Secret", "client_assertion" })
        {
            Mistake(new() { TokenParameters = { [name] = "x" } }).ShouldBe(($"TokenParameters:{name}", "is set by Bff alone."));
        }
    }

    [Fact]
    public void What_a_provider_wants_besides_can_be_configured()
    {
        var options = new OidcOptions
        {
            Authority = "https://idp.example", ClientId = "bff",
            AuthorizationParameters = { ["prompt"] = "consent", ["access_type"] = "offline", ["acr_values"] = "urn:x", ["max_age"] = "600" },
            TokenParameters = { ["resource"] = "https://api.example", ["audience"] = "api", ["scope"] = "orders" },
        };
        options.Validate(new ValidationContext(options)).ShouldBeEmpty();
        Mistake(new() { AuthorizationParameters = { ["max_age"] = "soon" } }).Key.ShouldBe("AuthorizationParameters:max_age");
        Mistake(new() { TokenParameters = { ["resource"] = "a\r\nb" } }).Key.ShouldBe("TokenParameters:resource");
        Mistake(new() { TokenParameters = { ["resource"] = "" } }).Key.ShouldBe("TokenParameters:resource");
        Mistake(new() { TokenParameters = { ["re source"] = "x" } }).Key.ShouldBe("TokenParameters:re source");
    }

    private static (string Key, string? Text) Mistake(OidcOptions options)
    {
        var mistake = options.Validate(new ValidationContext(options)).ShouldHaveSingleItem();
        return (mistake.MemberNames.Single(), mistake.ErrorMessage);
    }

    private static List<string> Refused(string[] names)
    {
        var options = new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = "secret", AllowedLoginParameters = names };
        return [.. options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage!.Split('\'')[1])];
    }
}

using System.ComponentModel.DataAnnotations;
using Bff.Providers;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Tests.Providers;

public sealed class OidcOptionsTests
{
    [Fact]
    public void What_makes_the_request_ours_cannot_be_given_away()
    {
        OidcOptions.OurOwnParameters.ShouldBeSubsetOf(Refused(OidcOptions.OurOwnParameters));
        Refused(["dpop_jkt", "claims", "registration", "authorization_details", "resource", "audience"]).Count.ShouldBe(6);
        Refused(["connection", "prompt", "kc_idp_hint", "display"]).ShouldBeEmpty();
    }

    private static List<string> Refused(string[] names)
    {
        var options = new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = "secret", AllowedLoginParameters = names };
        return [.. options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage!.Split('\'')[1])];
    }
}

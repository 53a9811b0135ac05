using Bff.Forwarding;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Tests.Forwarding;

public class RouteMetadataTests
{
    public static TheoryData<string, string, string?> Values => new()
    {
        { "Bff.Csrf", "Header", null },
        { "Bff.Csrf", "FetchMetadata", null },
        { "Bff.Csrf", "Navigation", null },
        { "Bff.Csrf", "navigation", "'navigation' is none of Header, FetchMetadata, Navigation." },
        { "Bff.Csrf", "1", "'1' is none of" },
        { "Bff.StreamActivityTimeout", "5m", null },
        { "Bff.StreamActivityTimeout", "30", "'30' has no unit" },
        { "Bff.StreamActivityTimeout", "2d", "must be between 00:00:01 and 1.00:00:00" },
        { "Bff.CountsAsUse", "Traffic", null },
        { "Bff.CountsAsUse", "true", "'true' is none of Request, Traffic, None." },
        { "Bff.EndsWithToken", "true", null },
        { "Bff.EndsWithToken", "yes", "'yes' is neither true nor false." },
        { "Bff.MaxConnections", "0", "'0' is no number between 1 and 1000000." },
        { "Bff.MaxConnectionsPerSession", "2", null },
        { "Bff.MaxConnectionsPerSession", "two", "'two' is no number between 1 and 100000." },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_read_when_the_route_is_loaded_and_what_is_wrong_is_said(string key, string value, string? mistake)
    {
        var found = MistakeIn(key, value, "User");
        if (mistake is null) { found.ShouldBeNull(); }
        else { found.ShouldNotBeNull().ShouldStartWith(mistake); }
    }

    [Theory]
    [InlineData("Bff.Csrf", "Navigation")]
    [InlineData("Bff.EndsWithToken", "true")]
    [InlineData("Bff.CountsAsUse", "None")]
    public void What_is_about_a_session_has_no_place_on_a_route_without_one(string key, string value) =>
        MistakeIn(key, value, "None")!.ShouldStartWith("has no effect");

    private static string? MistakeIn(string key, string value, string token)
    {
        var route = new RouteConfig { Metadata = new Dictionary<string, string> { ["Bff.Token"] = token, [key] = value } };
        return CsrfModes.MistakeIn(route)
            ?? StreamPolicy.MistakesIn(route.Metadata, TokenPolicies.UsesSession(route)).Select(wrong => wrong.Mistake).FirstOrDefault();
    }
}

using Bff.Forwarding;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Commands.Check;

/// <summary>The provider announces the grants by which routes want tokens of it.</summary>
/// <param name="metadata">The provider's.</param>
/// <param name="options">Ours.</param>
/// <param name="provider">Its name.</param>
/// <param name="isFirst">The application's own tokens are of it where a route says nothing.</param>
/// <param name="routes">All of them.</param>
internal sealed class GrantChecks(
    OpenIdConnectConfiguration metadata, OidcOptions options, string provider, bool isFirst, IEnumerable<RouteConfig> routes)
{
    private const string Check = "routes", Exchange = "urn:ietf:params:oauth:grant-type:token-exchange", ClientCredentials = "client_credentials";

    private readonly List<(RouteConfig Route, RouteToken Token)> _routes = [.. routes.Select(route => (route, RouteToken.Read(route)))];

    public IEnumerable<Finding> Run()
    {
        var ofClient = _routes.Where(route => route.Token.Policy is TokenPolicy.Client or TokenPolicy.UserOrClient
            && (route.Token.Provider == provider || (isFirst && route.Token.Provider is null))).ToList();
        var exchanging = _routes.Where(route => (route.Token.Provider ?? provider) == provider && IsExchanged(route.Token)).ToList();
        if (ofClient is [var first, ..] && ClientMethods.Choose(options, metadata.TokenEndpointAuthMethodsSupported) == ClientAuthenticationMethod.None)
        {
            yield return new(
                Check, Result.Mistake, $"{KeyOf(first.Route)}: is {first.Token.Policy}, and the client of {ClientRegistration.SectionOf(provider)} is a public "
                + "one, which gets no tokens of its own (RFC 6749 section 4.4).",
                "Let the provider give the client a secret or take its key, or let the route send the user's token.");
        }

        if (ofClient.Count > 0 && Lacks(ClientCredentials)) { yield return Unannounced(ofClient[0].Route, ClientCredentials); }
        if (exchanging.Count > 0 && Lacks(Exchange)) { yield return Unannounced(exchanging[0].Route, Exchange); }
    }

    private bool IsExchanged(RouteToken token) => token.Target is { } target && token.Policy is not TokenPolicy.Client
        && (target.IsExchanged || options.ApiTokens == ApiTokenGrant.Exchange);

    private bool Lacks(string grant) => metadata.GrantTypesSupported is { Count: > 0 } announced && !announced.Contains(grant);

    private static Finding Unannounced(RouteConfig route, string grant) => new(
        Check, Result.Warning, $"{KeyOf(route)}: needs {grant}, which the provider does not announce (grant_types_supported).",
        "It may support it anyway: call the route once to be sure. See docs/tokens.md.");

    private static string KeyOf(RouteConfig route) => $"ReverseProxy:Routes:{route.RouteId}:Metadata:{TokenPolicies.MetadataKey}";
}

using System.Text.Json;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers;

/// <summary>
/// Where calls to a provider go: to the endpoints of its metadata, or to their <c>mtls_endpoint_aliases</c> where we have a client certificate (RFC 8705 section
/// 5). Null or empty for an endpoint that the provider does not have.
/// </summary>
internal static class ProviderEndpoints
{
    private const string Aliases = "mtls_endpoint_aliases";

    public static string Token(OpenIdConnectConfiguration metadata, OidcOptions options) =>
        Alias(metadata, options, EndpointNames.Token) ?? metadata.TokenEndpoint;

    public static string? Revocation(OpenIdConnectConfiguration metadata, OidcOptions options) =>
        Alias(metadata, options, EndpointNames.Revocation) ?? metadata.RevocationEndpoint;

    public static string? PushedAuthorization(OpenIdConnectConfiguration metadata, OidcOptions options) =>
        Alias(metadata, options, EndpointNames.Pushed) ?? metadata.PushedAuthorizationRequestEndpoint;

    public static string? UserInfo(OpenIdConnectConfiguration metadata, OidcOptions options) =>
        Alias(metadata, options, EndpointNames.UserInfo) ?? metadata.UserInfoEndpoint;

    /// <summary>Those we may call, in use or not.</summary>
    public static IEnumerable<(string Name, string? Address)> AliasesOf(OpenIdConnectConfiguration metadata) =>
        new[] { EndpointNames.Token, EndpointNames.Revocation, EndpointNames.Pushed, EndpointNames.UserInfo }
            .Select(name => ($"{Aliases}.{name}", Alias(metadata, name)));

    /// <summary>What the operator says of an endpoint wins.</summary>
    private static string? Alias(OpenIdConnectConfiguration metadata, OidcOptions options, string name) =>
        options.HasClientCertificate && !options.Endpoints.ContainsKey(name) ? Alias(metadata, name) : null;

    private static string? Alias(OpenIdConnectConfiguration metadata, string name) =>
        metadata.AdditionalData.TryGetValue(Aliases, out var aliases) && aliases is JsonElement { ValueKind: JsonValueKind.Object } known
            && known.TryGetProperty(name, out var alias) && IdTokenClaims.TextOf(alias) is { Length: > 0 } address
            ? address
            : null;
}

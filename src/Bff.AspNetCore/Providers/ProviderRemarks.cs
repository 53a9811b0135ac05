using System.Net;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers;

/// <summary>What of the provider works from here, or is allowed, and is seldom meant.</summary>
internal static class ProviderRemarks
{
    /// <summary>The provider is asked over plain http, outside Development, and not on this machine.</summary>
    public static string? ClearText(OidcOptions options, string section, IHostEnvironment environment) =>
        !environment.IsDevelopment() && Uri.TryCreate(options.EffectiveMetadataAddress, UriKind.Absolute, out var address)
            && address.Scheme == Uri.UriSchemeHttp && !IsLoopback(address.Host)
            ? $"{section}:RequireHttps: is false, and the provider is asked at {Printable.Address(options.EffectiveMetadataAddress)} over plain http: whoever "
            + "is on the way reads our client's secret and every token, and may sign anybody in."
            : null;

    /// <summary>Nothing proves that it is us who redeem a code or a refresh token.</summary>
    public static string? PublicClient(OidcOptions options, string section) =>
        options.ClientAuthentication == ClientAuthenticationMethod.None
            ? $"{section}:ClientAuthentication: is None, so '{Printable.Text(options.ClientId)}' is a public client: whoever gets hold of a refresh "
            + "token can use it."
            : null;

    /// <summary>Whoever has an account at any customer of the provider may come.</summary>
    public static string? AnyTenant(OidcOptions options, string section) => options.Issuers is not null && options.Tenants.Contains(TenantIssuers.Any)
        ? $"{section}:Tenants: is {TenantIssuers.Any}, so the users of all tenants may sign in. An API that serves some of them only has to look at tid itself."
        : null;

    /// <summary>Browsers are sent to an address that means something else to them: a name of a container network, or their own machine.</summary>
    /// <param name="metadata">The provider's.</param>
    /// <param name="section">Of the provider's settings.</param>
    /// <param name="publicUrl">Where browsers reach us; empty when that is on this machine.</param>
    public static string? OutOfReach(OpenIdConnectConfiguration metadata, string section, string? publicUrl)
    {
        if (!Uri.TryCreate(metadata.AuthorizationEndpoint, UriKind.Absolute, out var endpoint)) { return null; }
        var ours = Uri.TryCreate(publicUrl, UriKind.Absolute, out var address) ? address.Host : "localhost";
        var reason = IsLoopback(endpoint.Host) && !IsLoopback(ours) ? "which is each browser's own machine"
            : IsBareName(endpoint.Host) && !IsBareName(ours) ? "a name that only containers or one network know" : null;
        return reason is null ? null : $"{section}:Authority: browsers are sent to {Printable.Address(metadata.AuthorizationEndpoint)} to sign in, {reason}.";
    }

    public static string ReachCure(string section) =>
        $"Let the provider name itself as browsers reach it, set {section}:Authority to that issuer, and {section}:MetadataAddress to where Bff reaches it.";

    private static bool IsBareName(string host) =>
        !IsLoopback(host) && !host.Contains('.', StringComparison.Ordinal) && Uri.CheckHostName(host) == UriHostNameType.Dns;

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}

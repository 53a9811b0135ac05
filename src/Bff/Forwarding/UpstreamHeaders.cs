using System.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>Request headers an upstream may take for identity, origin or routing. A browser must not be able to set them, in any spelling.</summary>
internal static class UpstreamHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        // Credentials
        "Authorization", "Proxy-Authorization", "X-Access-Token", "X-Id-Token", "X-JWT-Assertion", "X-Endpoint-API-UserInfo", "Cf-Access-Jwt-Assertion",

        // Where a request came from and what it was: YARP adds its own X-Forwarded-* afterwards
        "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-ProxyUser-Ip",
        "X-Rewrite-URL", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override",

        // Who somebody is
        "X-Email", "X-Groups", "X-Group", "X-Role", "X-Roles", "X-Tenant-Id", "X-WEBAUTH-USER",
        "X-Client-Cert", "X-ARR-ClientCert", "Client-Cert", "Client-Cert-Chain",
    };

    private static readonly string[] Prefixes =
    [
        "X-Forwarded-", "X-Original-", "X-User", "X-Remote-", "Remote-", "X-Auth-", "X-Authenticated-", "X-Authentik-", "X-Consumer-", "X-Credential-",
        "X-MS-CLIENT-PRINCIPAL", "X-MS-TOKEN-", "X-SSL-", "SSL-Client-", "OIDC-", "Impersonate-", "Tailscale-User-", "X-Goog-Authenticated-", "X-Goog-Iap-", "X-Amzn-Oidc-",
    ];

    public static void RemoveForged(HttpRequestHeaders headers)
    {
        List<string>? forged = null;
        foreach (var (name, _) in headers.NonValidated)
        {
            if (IsForbidden(name)) { (forged ??= []).Add(name); }
        }

        forged?.ForEach(name => headers.Remove(name));
    }

    /// <summary>Servers that map headers to variables make no difference between dash and underscore, so no name with an underscore passes.</summary>
    public static bool IsForbidden(string name)
    {
        if (name.Contains('_', StringComparison.Ordinal) || Names.Contains(name)) { return true; }
        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) { return true; }
        }

        return false;
    }
}

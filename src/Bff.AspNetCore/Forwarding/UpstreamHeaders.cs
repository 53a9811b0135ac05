namespace Bff.Forwarding;

/// <summary>Request headers an upstream may take for identity, origin or routing. A browser must not be able to set them, in any spelling.</summary>
internal static class UpstreamHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        // Credentials
        "Authorization", "Proxy-Authorization", "DPoP", "X-Authorization", "X-Auth", "X-Token", "X-Access-Token", "X-Id-Token", "X-Refresh-Token",
        "X-Endpoint-API-UserInfo", "X-Apigateway-Api-Userinfo",

        // Where a request came from and what it was: YARP adds its own X-Forwarded-* afterwards
        "Forwarded", "X-Forwarded", "Forwarded-For", "X-Forward-For", "X-Real-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "True-Client-IP",
        "Fastly-Client-IP",
        "X-ProxyUser-Ip", "X-Originating-IP", "X-Custom-IP-Authorization", "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Host", "X-HTTP-Host-Override",
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Override-URL",
        "Proxy", "X-Sendfile-Type", "X-Accel-Mapping", "X-Content-Length",

        // Who somebody is
        "X-Sub", "X-Subject", "X-Uid", "X-Email", "X-Mail", "X-Login", "X-Name", "X-Group", "X-Groups", "X-Role", "X-Roles",
        "X-Scope", "X-Scopes", "X-Scope-OrgID", "X-Permissions", "X-Claims",
        "X-Admin", "X-Is-Admin", "X-Superuser", "X-Principal", "X-Identity", "X-Account", "X-Account-Id", "X-Customer-Id",
        "X-Tenant", "X-Tenant-Id", "X-Tenant-Name", "X-Org-Id", "X-Organization-Id",
        "X-Authenticated", "X-AuthUser", "X-On-Behalf-Of", "X-Actor",
        "X-Anonymous-Consumer", "X-Client-Id", "X-Client-DN", "X-Client-CN", "X-Client-Verify", "X-ARR-ClientCert", "Client-Cert", "Client-Cert-Chain",
    };

    private static readonly string[] Prefixes =
    [
        "X-Forwarded-", "X-Original-", "X-Rewrite-", "X-User", "X-Remote-", "Remote-", "X-Auth-", "X-Authenticated-", "X-Authentik-", "X-Authelia-",
        "X-Consumer-", "X-Credential-",
        "X-MS-CLIENT-", "X-MS-TOKEN-", "X-SSL-", "SSL-Client-", "X-Client-Cert", "OIDC-", "X-OIDC-", "X-OAuth-", "X-JWT-", "X-SAML-", "Shib-", "X-Shib-",
        "X-Claim-", "Impersonate-", "X-Impersonate-", "Tailscale-", "X-Goog-Authenticated-", "X-Goog-Iap-", "X-AppEngine-", "X-Amzn-Oidc-", "CF-Access-",
        "CF-Connecting-",
        "X-WEBAUTH-", "X-Pomerium-", "X-Vouch-", "X-Envoy-", "X-Athenz-", "X-Hasura-", "X-Amzn-Mtls-", "X-TLS-Client-", "dapr-", "X-Middleware-",
    ];

    /// <summary>What an API needs for an ordinary call, whatever it is about; on a route with a list of its own all else has to be named.</summary>
    private static readonly HashSet<string> Ordinary = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
        "If-Unmodified-Since",
        "Last-Event-ID", "Origin", "Pragma", "Prefer", "Range", "TE", "User-Agent", "traceparent", "tracestate",
        "Sec-WebSocket-Extensions", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version",
    };

    /// <summary>Longer names are rare, and a stranger's to make.</summary>
    private const int MaxRemembered = 64;

    /// <summary>
    /// Verdicts on names seen of late, so that a call does not compare each of its names with all prefixes. Names come from callers, so the number of places is
    /// fixed, and the next name of the same place takes it over.
    /// </summary>
    private static readonly Verdict?[] Verdicts = new Verdict?[512];

    private sealed record Verdict(string Name, bool IsForbidden);

    /// <summary>
    /// Servers that map headers to variables make no difference between dash, dot and underscore, so no name with a dot or an underscore passes.
    /// </summary>
    public static bool IsForbidden(string name)
    {
        if (name.Length > MaxRemembered) { return IsOnTheList(name); }
        ref var place = ref Verdicts[(uint)name.GetHashCode(StringComparison.OrdinalIgnoreCase) % Verdicts.Length];
        if (place is { } known && known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) { return known.IsForbidden; }
        var verdict = new Verdict(name, IsOnTheList(name));
        place = verdict;
        return verdict.IsForbidden;
    }

    private static bool IsOnTheList(string name)
    {
        if (name.AsSpan().ContainsAny('_', '.') || Names.Contains(name)) { return true; }
        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) { return true; }
        }

        return false;
    }

    public static bool IsOrdinary(string name) => Ordinary.Contains(name);
}

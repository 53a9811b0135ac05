using System.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>Headers an upstream may take for identity. A browser must not be able to set them, in any spelling.</summary>
internal static class UpstreamHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Proxy-Authorization", "Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups",
        "X-Remote-User", "X-Remote-Group", "X-User", "X-User-Id", "X-User-Name", "X-Email", "X-Groups", "X-Roles",
        "X-WEBAUTH-USER", "X-Access-Token", "X-Id-Token", "X-Client-Cert", "X-SSL-Client-Cert", "Client-Cert", "Client-Cert-Chain",
    };

    private static readonly string[] Prefixes =
    [
        "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred", "X-Forwarded-Access", "X-Forwarded-Client-Cert",
        "X-Auth-Request-", "X-MS-CLIENT-PRINCIPAL", "X-MS-TOKEN-", "X-Remote-Extra-", "Impersonate-", "SSL-Client-", "X-Goog-Authenticated-User-", "X-Amzn-Oidc-",
    ];

    public static void RemoveIdentity(HttpRequestHeaders headers)
    {
        List<string>? forged = null;
        foreach (var (name, _) in headers.NonValidated)
        {
            if (ClaimsIdentity(name)) { (forged ??= []).Add(name); }
        }

        forged?.ForEach(name => headers.Remove(name));
    }

    /// <summary>Servers that map headers to variables make no difference between dash and underscore, so neither do we.</summary>
    public static bool ClaimsIdentity(string name)
    {
        var dashed = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        return Names.Contains(dashed) || Prefixes.Any(prefix => dashed.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }
}

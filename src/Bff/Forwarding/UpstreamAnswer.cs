using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>What an upstream may not say to the browser in our name.</summary>
internal static class UpstreamAnswer
{
    private const string FlowCookiePrefix = "bff-";
    private const string HostPrefix = "__Host-";

    /// <summary>An upstream may take none of our cookies' names.</summary>
    public static void KeepOurCookies(IHeaderDictionary headers, string sessionCookie)
    {
        if (headers.SetCookie.Count > 0) { headers.SetCookie = headers.SetCookie.Where(line => !IsOurs(line ?? "", sessionCookie)).ToArray(); }
    }

    /// <summary>
    /// An answer made for one user: no shared cache may keep it, though the request that fetched it had no Authorization to warn the cache (RFC 9111
    /// section 3.5). It speaks neither for our CORS policy nor for the browser's cookies.
    /// </summary>
    public static void MakePersonal(IHeaderDictionary headers)
    {
        foreach (var name in headers.Keys.Where(name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)).ToList()) { headers.Remove(name); }
        headers.Remove("Clear-Site-Data");
        headers.Append(HeaderNames.Vary, "Cookie");
        headers.CacheControl = Private(headers.CacheControl.ToString());
    }

    private static string Private(string cacheControl)
    {
        var kept = cacheControl.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(directive => !directive.Equals("public", StringComparison.OrdinalIgnoreCase) && !directive.StartsWith("s-maxage", StringComparison.OrdinalIgnoreCase)).ToList();
        if (!kept.Any(directive => directive.Equals("no-store", StringComparison.OrdinalIgnoreCase) || directive.Equals("private", StringComparison.OrdinalIgnoreCase))) { kept.Add("private"); }
        return string.Join(", ", kept);
    }

    /// <param name="pair">A cookie as <c>name=value…</c>.</param>
    /// <param name="sessionCookie">The name of the session cookie.</param>
    public static bool IsOurs(string pair, string sessionCookie)
    {
        var name = pair.AsSpan(0, pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? end : pair.Length).Trim();
        if (name.Equals(sessionCookie, StringComparison.OrdinalIgnoreCase)) { return true; }
        return (name.StartsWith(HostPrefix, StringComparison.OrdinalIgnoreCase) ? name[HostPrefix.Length..] : name).StartsWith(FlowCookiePrefix, StringComparison.OrdinalIgnoreCase);
    }
}

using Bff.Sessions.Authentication;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>What an upstream may not say to the browser in our name.</summary>
internal static class UpstreamResponse
{
    /// <summary>
    /// Why this response cannot be passed on; null when it can. A switch of protocols nobody asked for would be a tunnel past the proxy, and two lengths are
    /// two readings of where the response ends (RFC 9112 section 6.3).
    /// </summary>
    public static string? Objection(HttpContext context, HttpResponseMessage answer)
    {
        if (answer.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols && !Upgrades.IsRequestedBy(context)) { return "it switched protocols unasked"; }
        if (answer.Version.Major > 1 || !answer.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var codings)) { return null; }
        if (answer.Content.Headers.NonValidated.Contains(HeaderNames.ContentLength)) { return "it has a Content-Length and a Transfer-Encoding"; }
        return codings.Count == 1 && string.Equals(codings.ToString(), "chunked", StringComparison.OrdinalIgnoreCase)
            ? null
            : "its Transfer-Encoding is not 'chunked'";
    }

    /// <summary>A response that has no body by its status (RFC 9110 sections 15.3.5 and 15.3.6), whatever its headers promise.</summary>
    public static bool HasNoBody(int status) => status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent;

    /// <summary>What is said about the upstream's connection is not for the browser's (RFC 9110 section 7.6.1). YARP takes the usual ones.</summary>
    public static void RemoveHopByHop(HttpContext context, HttpResponseMessage answer)
    {
        var headers = context.Response.Headers;
        if (!context.Response.SupportsTrailers()) { headers.Remove(HeaderNames.Trailer); }
        if (!answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var connection)) { return; }
        foreach (var name in RequestHeaderFilter.NamedBy(connection.ToArray())) { headers.Remove(name); }
    }

    /// <summary>An upstream may take none of our cookies' names.</summary>
    public static void KeepOurCookies(IHeaderDictionary headers, SessionCookie sessionCookie)
    {
        if (headers.SetCookie.Count > 0) { headers.SetCookie = headers.SetCookie.Where(line => !IsOurs(line ?? "", sessionCookie)).ToArray(); }
    }

    /// <summary>
    /// A response made for one user: no shared cache may keep it, though the request that fetched it had no Authorization to warn the cache (RFC 9111
    /// section 3.5). It speaks neither for our CORS policy nor for the browser's cookies.
    /// </summary>
    public static void MakePersonal(IHeaderDictionary headers)
    {
        RemoveCorsAndSharedCaching(headers);
        headers.Remove("Clear-Site-Data");
        headers.Vary = StringValues.Concat(headers.Vary, "Cookie");
        headers.CacheControl = headers.CacheControl.Count == 0 ? "private" : Private(headers.CacheControl.ToString());
    }

    private static void RemoveCorsAndSharedCaching(IHeaderDictionary headers)
    {
        List<string>? named = null;
        foreach (var (name, _) in headers)
        {
            if (name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase) || IsForSharedCaches(name)) { (named ??= []).Add(name); }
        }

        foreach (var name in named ?? []) { headers.Remove(name); }
    }

    /// <summary>What a cache in front of us takes for more than <c>Cache-Control</c> (RFC 9213; nginx).</summary>
    private static bool IsForSharedCaches(string name) => name.EndsWith("CDN-Cache-Control", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Surrogate-Control", StringComparison.OrdinalIgnoreCase) || name.Equals("X-Accel-Expires", StringComparison.OrdinalIgnoreCase);

    private static string Private(string cacheControl)
    {
        var kept = cacheControl.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(directive => !directive.Equals("public", StringComparison.OrdinalIgnoreCase)
                && !directive.StartsWith("s-maxage", StringComparison.OrdinalIgnoreCase))
            .ToList();
        var isPrivate = kept.Exists(directive => directive.Equals("no-store", StringComparison.OrdinalIgnoreCase)
            || directive.Equals("private", StringComparison.OrdinalIgnoreCase));
        if (!isPrivate) { kept.Add("private"); }
        return string.Join(", ", kept);
    }

    /// <param name="pair">A cookie as <c>name=value…</c>.</param>
    /// <param name="sessionCookie">Knows the names of ours.</param>
    public static bool IsOurs(string pair, SessionCookie sessionCookie) =>
        sessionCookie.IsOurs(pair.AsSpan(0, pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? end : pair.Length).Trim());
}

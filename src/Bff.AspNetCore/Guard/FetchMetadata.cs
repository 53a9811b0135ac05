using System.Net.Mime;

namespace Bff.Guard;

/// <summary>
/// What a browser says of a request by itself (W3C, Fetch Metadata Request Headers): no page can set or take away these headers. Browsers send them to https
/// and localhost only, and Safari since 16.4.
/// </summary>
internal static class FetchMetadata
{
    public const string Site = "Sec-Fetch-Site", Mode = "Sec-Fetch-Mode", Destination = "Sec-Fetch-Dest";

    /// <summary>GET and HEAD, which by their definition change nothing (RFC 9110 section 9.2.1).</summary>
    public static bool IsSafe(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    public static bool IsSameOrigin(HttpRequest request) => request.Headers[Site] == "same-origin";

    public static bool IsCrossSite(HttpRequest request) => request.Headers[Site] == "cross-site";

    /// <summary>The user themselves, or their browser without a page: an address that was typed, a bookmark, a link in another program, a download that goes on.</summary>
    public static bool IsOfUser(HttpRequest request) => request.Headers[Site] == "none";

    /// <summary>
    /// The whole tab goes there: what comes is shown to the user and to no page. A browser that says nothing of this kind is believed by what it accepts; it
    /// asks for a frame in the same way.
    /// </summary>
    public static bool IsTopLevel(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers[Site].Count > 0 || headers[Mode].Count > 0 || headers[Destination].Count > 0)
        {
            return headers[Mode] == "navigate" && headers[Destination] == "document";
        }

        return headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);
    }
}

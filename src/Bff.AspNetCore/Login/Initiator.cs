using Bff.FrontEnds;

namespace Bff.Login;

/// <summary>Whose page makes the browser ask (Fetch Metadata, Referer). "Same site" is not "ours": another port or subdomain is somebody else's.</summary>
internal static class Initiator
{
    /// <summary>
    /// A page that is not one of ours loads this (in a frame, as an image, by a script). The whole tab is the user's own: they see where it goes. Browsers that
    /// send no Fetch Metadata cannot be told apart.
    /// </summary>
    public static bool IsForeignPage(HttpRequest request, ReturnUrls returnUrls) => !IsTab(request) && !IsOurs(request, returnUrls);

    /// <summary>The whole tab goes here; taken for granted where a browser does not say.</summary>
    public static bool IsTab(HttpRequest request) => request.Headers["Sec-Fetch-Dest"].ToString() is "" or "document";

    /// <summary>The browser fetches ahead what the user may want next (prefetch, prerender). Nothing may begin or end by that.</summary>
    public static bool IsSpeculative(HttpRequest request) => request.Headers["Sec-Purpose"].ToString().StartsWith("prefetch", StringComparison.Ordinal);

    /// <summary>A sign-in that is refused for who asks, or how.</summary>
    public static bool MayNotBegin(HttpContext context) =>
        IsSpeculative(context.Request) || IsForeignPage(context.Request, ReturnUrls.Of(context));

    /// <summary>
    /// The user themselves (the address bar, a bookmark), our own origin, or a page of a front end. A page can hide who it is, but not pretend to be another.
    /// </summary>
    public static bool IsOurs(HttpRequest request, ReturnUrls returnUrls)
    {
        var headers = request.Headers;
        if (headers["Sec-Fetch-Site"].ToString() is "same-origin" or "none") { return true; }
        var origin = headers.Origin.ToString() is { Length: > 0 } named ? named : headers.Referer.ToString();
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && returnUrls.IsFrontEnd(uri.GetLeftPart(UriPartial.Authority));
    }
}

using Bff.Guard;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>
/// What a browser fetches without script is kept, shown and framed by it without asking us again: who may do that, these headers say. What the upstream says
/// itself stays.
/// </summary>
internal static class FetchedResponse
{
    /// <summary>
    /// An upload of another user that is no image must not be a program of our origin, where it could do all that a page can; nor may another site frame it.
    /// </summary>
    private const string NoPage = "script-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

    private static readonly StringValues AllOfIt = new([FetchMetadata.Site, FetchMetadata.Mode, FetchMetadata.Destination]);

    public static void Guard(IHeaderDictionary headers, CsrfMode mode)
    {
        headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");   // those that send their Origin ask by CORS, which this does not touch
        headers.Vary = StringValues.Concat(headers.Vary, VaryOf(mode));
        if (mode == CsrfMode.FetchMetadata)
        {
            headers.TryAdd(HeaderNames.ContentSecurityPolicy, NoPage);
            return;
        }

        headers.TryAdd(HeaderNames.XFrameOptions, "SAMEORIGIN");   // for browsers without Fetch Metadata
        headers.TryAdd(HeaderNames.CacheControl, "no-store");   // or the way back shows the page to whoever comes after a sign-out
    }

    /// <summary>A page of another origin must not be given from the browser's cache what it would be refused here.</summary>
    private static StringValues VaryOf(CsrfMode mode) => mode == CsrfMode.Navigation ? AllOfIt : FetchMetadata.Site;
}

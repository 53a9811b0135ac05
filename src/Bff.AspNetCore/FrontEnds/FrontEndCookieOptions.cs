using Microsoft.AspNetCore.Http;

namespace Bff.FrontEnds;

/// <summary>The session cookie of a front end.</summary>
internal sealed class FrontEndCookieOptions
{
    /// <summary>Its name; must keep the <c>__Host-</c> prefix (RFC 6265bis section 4.1.3.2), and be no other front end's. Default: <c>__Host-bff.</c> and
    /// the front end's name.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// <c>Strict</c>; <c>Lax</c> if the page is often entered by links from other sites and needs the session in that first request; <c>None</c> for an
    /// application that other sites show in a frame: the cookie is then partitioned (CHIPS), a session for each of those sites.
    /// </summary>
    public SameSiteMode SameSite { get; set; } = SameSiteMode.Strict;

    /// <summary>
    /// Whether the cookie outlives the browser ("stay signed in"): it is kept until the session's absolute end. Otherwise a browser forgets it when it closes.
    /// Default: false.
    /// </summary>
    public bool Persistent { get; set; }
}

using Bff.FrontEnds;

namespace Bff.Sessions.Authentication;

/// <summary>The one cookie the browser holds for a front end, and its attributes, the same when written and when deleted.</summary>
internal sealed class SessionCookie(FrontEndSet frontEnds)
{
    /// <summary>An attribute: a cookie for each site that shows us in a frame (CHIPS).</summary>
    public const string Partitioned = nameof(Partitioned);

    private readonly KnownKeys _keys = new();

    /// <summary>
    /// Reads the header itself: the framework would make a dictionary of all cookies for each call, and take names that differ in case for one, though a
    /// browser may guard the prefix of only this spelling (RFC 6265bis section 4.1.3). The last of several counts, as there.
    /// </summary>
    public bool TryRead(HttpRequest request, FrontEnd frontEnd, out SessionId id)
    {
        var name = frontEnd.CookieName;
        ReadOnlySpan<char> found = default;
        foreach (var line in request.Headers.Cookie)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[range].Trim(" \t");   // no other white space: it would hide a prefix from the browser
                if (!pair.StartsWith(name, StringComparison.Ordinal) || pair.Length == name.Length || pair[name.Length] != '=') { continue; }
                found = pair[(name.Length + 1)..];
            }
        }

        return _keys.TryRead(found, out id);
    }

    /// <summary>Whether the request brought the session cookie of any front end, with a session or without.</summary>
    public bool IsBroughtBy(HttpRequest request)
    {
        foreach (var line in request.Headers.Cookie)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[range].Trim(" \t");
                if (IsOfSession(pair[..(pair.IndexOf('=') is >= 0 and var end ? end : pair.Length)])) { return true; }
            }
        }

        return false;
    }

    private bool IsOfSession(ReadOnlySpan<char> name)
    {
        if (name.Equals(frontEnds.Default.CookieName, StringComparison.Ordinal)) { return true; }
        foreach (var frontEnd in frontEnds.Named)
        {
            if (name.Equals(frontEnd.CookieName, StringComparison.Ordinal)) { return true; }
        }

        return false;
    }

    /// <summary>Whether a cookie of this name is one of ours, whichever front end's.</summary>
    public bool IsOurs(ReadOnlySpan<char> name)
    {
        if (name.Equals(frontEnds.Default.CookieName, StringComparison.OrdinalIgnoreCase)) { return true; }
        if (CookieNames.IsOfSignIn(name) || CookieNames.IsOfFrontEnd(name)) { return true; }
        foreach (var frontEnd in frontEnds.Named)
        {
            if (name.Equals(frontEnd.CookieName, StringComparison.OrdinalIgnoreCase)) { return true; }
        }

        return false;
    }

    /// <param name="context">Of the sign-in.</param>
    /// <param name="key">The session's.</param>
    /// <param name="endsAt">When it ends at the latest.</param>
    public void Write(HttpContext context, string key, DateTimeOffset endsAt)
    {
        var frontEnd = frontEnds.Of(context);
        var attributes = Attributes(frontEnd);
        if (frontEnd.IsCookiePersistent) { attributes.Expires = endsAt; }
        context.Response.Cookies.Append(frontEnd.CookieName, key, attributes);
        context.Response.Headers.CacheControl = "no-store";
    }

    public void Delete(HttpContext context)
    {
        var frontEnd = frontEnds.Of(context);
        context.Response.Cookies.Delete(frontEnd.CookieName, Attributes(frontEnd));
        context.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>
    /// No Domain: a host-only cookie. Without an expiry it ends with the browser session; the store decides how long it is worth anything. What other sites may
    /// frame is partitioned by the site that does (CHIPS), so that one embedder learns nothing by another.
    /// </summary>
    private static CookieOptions Attributes(FrontEnd frontEnd)
    {
        var options = new CookieOptions
        {
            HttpOnly = true,
            Secure = !frontEnd.IsCookieInsecure,
            SameSite = frontEnd.CookieSameSite,
            Path = "/",
            IsEssential = true,
        };
        if (options is { SameSite: SameSiteMode.None, Secure: true }) { options.Extensions.Add(Partitioned); }
        return options;
    }
}

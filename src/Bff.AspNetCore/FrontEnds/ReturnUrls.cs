using System.Text;

namespace Bff.FrontEnds;

/// <summary>
/// Where a sign-in or sign-out may lead: a path here, or a page of an allowed front end. Everything else would be an open redirector (RFC 9700 section 4.11).
/// </summary>
internal sealed class ReturnUrls(FrontEnd frontEnd, PathString root)
{
    /// <summary>For an endpoint that takes one.</summary>
    public static ValueTask<ReturnUrls?> BindAsync(HttpContext context) => new(Of(context));

    public static ReturnUrls Of(HttpContext context) => new(context.GetFrontEnd(), context.Request.PathBase);

    /// <summary>Where to go when nobody said: the first of the front end's origins, else our own root.</summary>
    public string Default => frontEnd.Origins is [var first, ..] ? first + "/" : root + "/";

    /// <summary>Where a silent sign-in ends; at our own origin when the front end has none of its own.</summary>
    public string SilentPage => frontEnd.SilentPage ?? (frontEnd.Origins is [var first, ..] ? first + "/silent" : root + "/silent");

    /// <param name="asked">What the browser asked for; null or empty for the default.</param>
    /// <param name="target">Where to go, encoded as a browser would (WHATWG URL Standard); meaningful only when the result is true.</param>
    public bool TryResolve(string? asked, out string target)
    {
        if (string.IsNullOrEmpty(asked))
        {
            target = Default;
            return true;
        }

        var allowed = HasTraps(asked) ? null : asked[0] == '/' ? asked : AllowedPage(asked);
        target = allowed is null ? Default : Encode(allowed);
        return allowed is not null;
    }

    /// <summary>Where a flow wanted to go, if it may still go there: the front ends may have changed since it began.</summary>
    public string StillAllowed(string? begun) => TryResolve(begun, out var target) ? target : Default;

    public bool IsFrontEnd(string origin) => frontEnd.Allows(origin);

    /// <summary>
    /// Browsers drop tabs and newlines and read a backslash as a slash until the query begins, so "/\t/evil" and "/\evil" leave this host, as "//evil" does.
    /// </summary>
    private static bool HasTraps(string url) =>
        url.Any(char.IsControl) || url.StartsWith("//", StringComparison.Ordinal) || Before(url, '?', '#').Contains('\\');

    /// <returns>The page under the very origin that is allowed, whatever the way it was spelled; null when it is under none.</returns>
    private string? AllowedPage(string url)
    {
        const string Separator = "://";
        var host = url.IndexOf(Separator, StringComparison.Ordinal) + Separator.Length;
        if (host < Separator.Length) { return null; }
        var authority = Before(url[host..], '/', '?', '#');
        if (authority.ContainsAny('@', '%') || !Uri.TryCreate(url[..(host + authority.Length)], UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https"))
        {
            return null;
        }
        if (PublicAddress.AsciiHost(uri) is not { } name) { return null; }
        var origin = new UriBuilder(uri.Scheme, name, uri.Port).Uri.GetLeftPart(UriPartial.Authority);
        return IsFrontEnd(origin) ? origin + url[(host + authority.Length)..] : null;
    }

    private static ReadOnlySpan<char> Before(string text, params ReadOnlySpan<char> ends) =>
        text.AsSpan().IndexOfAny(ends) is var end and >= 0 ? text.AsSpan(0, end) : text;

    /// <summary>What a Location header cannot carry, or a browser would encode by itself. What is encoded already stays.</summary>
    private static string Encode(string url)
    {
        var encoded = new StringBuilder(url.Length);
        foreach (var rune in url.EnumerateRunes())
        {
            if (rune.Value is > ' ' and < 0x7F and not ('"' or '<' or '>' or '\\')) { encoded.Append((char)rune.Value); }
            else { encoded.Append(Uri.EscapeDataString(rune.ToString())); }
        }

        return encoded.ToString();
    }
}

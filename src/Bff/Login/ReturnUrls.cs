using Bff.Guard;
using Microsoft.Extensions.Options;

namespace Bff.Login;

/// <summary>Where a sign-in or sign-out may lead: a path here, or a page of an allowed front end. Everything else would be an open redirector (RFC 9700 section 4.11).</summary>
internal sealed class ReturnUrls(IOptionsMonitor<SpaOptions> spa, IOptions<ProxyOptions>? proxy = null)
{
    private readonly PathString _root = PublicAddress.Parse(proxy?.Value.PublicUrl)?.PathBase ?? PathString.Empty;

    private string[] Origins => spa.CurrentValue.Origins;

    /// <summary>Where to go when nobody said: the first front end, else our own root.</summary>
    public string Default => Origins is [var first, ..] ? first + "/" : _root + "/";

    /// <summary>Where a silent sign-in ends; at our own origin when no front end has one of its own.</summary>
    public string SilentPage => spa.CurrentValue.SilentPage ?? (Origins is [var first, ..] ? first + "/silent" : _root + "/silent");

    /// <param name="asked">What the browser asked for; null or empty for the default.</param>
    /// <param name="target">Where to go; meaningful only when the answer is true.</param>
    public bool TryResolve(string? asked, out string target)
    {
        target = string.IsNullOrEmpty(asked) ? Default : asked;
        return string.IsNullOrEmpty(asked) || (!HasTraps(asked) && (IsLocal(asked) || IsAllowedPage(asked)));
    }

    /// <summary>
    /// Browsers drop tabs and newlines and read a backslash as a slash, so "/\t/evil" and "/\evil" leave this host. What is not printable ASCII must
    /// come percent-encoded: a Location header cannot carry it.
    /// </summary>
    private static bool HasTraps(string url) => url.Any(c => c is <= ' ' or > '~' or '\\');

    private static bool IsLocal(string url) => url[0] == '/' && !url.StartsWith("//", StringComparison.Ordinal);

    private bool IsAllowedPage(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && Origins.Contains(uri.GetLeftPart(UriPartial.Authority), StringComparer.Ordinal);
}

using Microsoft.Net.Http.Headers;

namespace Bff.HostTests;

/// <summary>
/// Cookies by host name, as browsers keep them: ports make no difference, and on localhost Secure cookies work over http. A cookie that breaks
/// the rules of its <c>__Host-</c> prefix is dropped; SameSite is looked at only where another site posts a form, so that otherwise a test sees what
/// holds without it.
/// </summary>
internal sealed class CookieJar(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly List<(string Host, string Name, string Value, bool IsCrossSite)> _cookies = [];

    public IReadOnlyList<string> Names(string host = "localhost")
    {
        lock (_gate) { return [.. _cookies.Where(cookie => cookie.Host == host).Select(cookie => cookie.Name)]; }
    }

    public string? Value(string name, string host = "localhost")
    {
        lock (_gate) { return _cookies.FirstOrDefault(cookie => cookie.Host == host && cookie.Name == name).Value; }
    }

    /// <param name="name">The cookie's.</param>
    /// <param name="value">The cookie's.</param>
    /// <param name="host">Whose it is.</param>
    /// <param name="isCrossSite">It is <c>SameSite=None</c>.</param>
    public void Set(string name, string value, string host = "localhost", bool isCrossSite = false)
    {
        lock (_gate)
        {
            var at = _cookies.FindIndex(cookie => cookie.Host == host && cookie.Name == name);
            if (at < 0) { _cookies.Add((host, name, value, isCrossSite)); }
            else { _cookies[at] = (host, name, value, isCrossSite); }
        }
    }

    public void Remove(string name, string host = "localhost")
    {
        lock (_gate) { _cookies.RemoveAll(cookie => cookie.Host == host && cookie.Name == name); }
    }

    /// <summary>The Cookie header for a host, oldest first; empty when there is none.</summary>
    public string HeaderFor(string host)
    {
        lock (_gate) { return string.Join("; ", _cookies.Where(cookie => cookie.Host == host).Select(cookie => $"{cookie.Name}={cookie.Value}")); }
    }

    /// <summary>The Cookie header of a form that a page of another site posts: no cookie goes along that is not <c>SameSite=None</c>.</summary>
    public string HeaderForCrossSitePost(string host)
    {
        lock (_gate)
        {
            return string.Join("; ", _cookies.Where(cookie => cookie.Host == host && cookie.IsCrossSite).Select(cookie => $"{cookie.Name}={cookie.Value}"));
        }
    }

    public void Take(string host, IEnumerable<string> setCookieLines)
    {
        foreach (var cookie in setCookieLines.Select(line => SetCookieHeaderValue.Parse(line)))
        {
            var name = cookie.Name.ToString();
            if (BreaksItsPrefix(cookie, name)) { continue; }
            if (cookie.Expires <= clock.GetUtcNow() || cookie.MaxAge <= TimeSpan.Zero) { Remove(name, host); }
            else { Set(name, cookie.Value.ToString(), host, cookie.SameSite == SameSiteMode.None && cookie.Secure); }
        }
    }

    private static bool BreaksItsPrefix(SetCookieHeaderValue cookie, string name) =>
        name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase) && !(cookie.Secure && cookie.Path == "/" && cookie.Domain.Length == 0);
}

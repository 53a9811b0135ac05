using Microsoft.Extensions.Options;

namespace Bff.Sessions.Authentication;

/// <summary>The one cookie the browser holds, and its attributes, the same when written and when deleted.</summary>
internal sealed class SessionCookie(IOptions<SessionsOptions> options)
{
    private readonly KnownKeys _keys = new();

    public string Name { get; } = options.Value.EffectiveCookieName;

    /// <summary>
    /// Reads the header itself: the framework would make a dictionary of all cookies for each call, and take names that differ in case for one, though a
    /// browser may guard the prefix of only this spelling (RFC 6265bis section 4.1.3). The last of several counts, as there.
    /// </summary>
    public bool TryRead(HttpRequest request, out SessionId id)
    {
        ReadOnlySpan<char> found = default;
        foreach (var line in request.Headers.Cookie)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[range].Trim(" \t");   // no other white space: it would hide a prefix from the browser
                if (!pair.StartsWith(Name, StringComparison.Ordinal) || pair.Length == Name.Length || pair[Name.Length] != '=') { continue; }
                found = pair[(Name.Length + 1)..];
            }
        }

        return _keys.TryRead(found, out id);
    }

    public void Write(HttpContext context, string key)
    {
        context.Response.Cookies.Append(Name, key, Attributes());
        context.Response.Headers.CacheControl = "no-store";
    }

    public void Delete(HttpContext context)
    {
        context.Response.Cookies.Delete(Name, Attributes());
        context.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>No Domain and no expiry: a host-only cookie that ends with the browser session; the store decides how long it is worth anything.</summary>
    private CookieOptions Attributes() => new()
    {
        HttpOnly = true,
        Secure = !options.Value.InsecureCookie,
        SameSite = options.Value.CookieSameSite,
        Path = "/",
        IsEssential = true,
    };
}

using Microsoft.Extensions.Options;

namespace Bff.Sessions.Authentication;

/// <summary>The one cookie the browser holds, and its attributes, the same when written and when deleted.</summary>
internal sealed class SessionCookie(IOptions<SessionsOptions> options)
{
    public string Name { get; } = options.Value.EffectiveCookieName;

    public bool TryRead(HttpRequest request, out SessionId id) => SessionKey.TryRead(request.Cookies[Name], out id);

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

using Bff.FrontEnds;
using Bff.Sessions;

namespace Bff.Login;

/// <summary>Cookies that last for a step or two of a browser on its way, and hold nothing.</summary>
internal static class StepCookie
{
    private const string Value = "1";

    /// <param name="context">The request.</param>
    /// <param name="name">Without prefix.</param>
    public static bool Has(HttpContext context, string name) => context.Request.Cookies.ContainsKey(NameOf(context, name));

    /// <param name="context">The request.</param>
    /// <param name="name">Without prefix.</param>
    /// <param name="sameSite">Whether it goes along from another site.</param>
    /// <param name="lifetime">Of the step.</param>
    public static void Set(HttpContext context, string name, SameSiteMode sameSite, TimeSpan lifetime) =>
        context.Response.Cookies.Append(NameOf(context, name), Value, new CookieOptions
        {
            HttpOnly = true, Secure = !context.GetFrontEnd().IsCookieInsecure, SameSite = sameSite, Path = "/", MaxAge = lifetime, IsEssential = true,
        });

    private static string NameOf(HttpContext context, string name) => (context.GetFrontEnd().IsCookieInsecure ? "" : CookieNames.HostPrefix) + name;
}

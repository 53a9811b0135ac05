using Bff.Sessions;
using Microsoft.Extensions.Options;

namespace Bff.Login;

/// <summary>What the browser is asked to forget of this site when its user signs out (<c>Clear-Site-Data</c>), where the operator wants that.</summary>
internal static class ClearSiteData
{
    public const string Header = "Clear-Site-Data";

    /// <param name="context">A sign-out that has ended the session, or found none. Never one that somebody else's page can cause.</param>
    public static void Ask(HttpContext context)
    {
        var types = context.RequestServices.GetRequiredService<IOptionsMonitor<SessionsOptions>>().CurrentValue.ClearSiteData;
        if (types.Length > 0) { context.Response.Headers[Header] = string.Join(", ", types.Select(type => $"\"{type}\"")); }
    }
}

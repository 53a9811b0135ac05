using System.Globalization;
using System.Security.Claims;
using DevStack.Hosting;
using DevStack.Provider.Protocol;
using DevStack.Provider.Users;
using Microsoft.AspNetCore.Authentication;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.SignIn;

/// <summary>The provider's own login. Browsers share cookies between ports of one host, so its name is nobody else's.</summary>
internal static class LoginCookie
{
    public const string Scheme = "Login";

    private const string AnsweredKey = "answered";
    private const string SinceKey = "since"; // the ticket's own time moves when the cookie is renewed

    /// <summary>Another provider's is another.</summary>
    public static string NameFor(DevStackOptions options) => options.ProviderName is null ? "devstack-idp" : $"devstack-idp-{options.ProviderName}";

    public static Task StartAsync(HttpContext context, DemoUser user, string returnUrl)
    {
        var identity = new ClaimsIdentity([new Claim(Claims.Subject, user.UserName)], Scheme, Claims.Subject, Claims.Role);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var properties = new AuthenticationProperties
        {
            Items = { [AnsweredKey] = AuthorizeRequest.Fingerprint(returnUrl), [SinceKey] = now.ToString("O", CultureInfo.InvariantCulture) },
        };
        return context.SignInAsync(Scheme, new ClaimsPrincipal(identity), properties);
    }

    public static async Task<Login?> ReadAsync(HttpContext context)
    {
        var ticket = await context.AuthenticateAsync(Scheme);
        return ticket.Succeeded && DemoUsers.Find(ticket.Principal.Identity?.Name) is { } user &&
            DateTimeOffset.TryParse(ticket.Properties.GetString(SinceKey), CultureInfo.InvariantCulture, out var since)
            ? new Login(user, since, ticket.Properties.GetString(AnsweredKey))
            : null;
    }

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(Scheme);
}

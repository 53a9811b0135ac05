using System.Security.Claims;
using DevStack.Provider.Protocol;
using DevStack.Provider.Users;
using Microsoft.AspNetCore.Authentication;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.SignIn;

/// <summary>The provider's own login. Browsers share cookies between ports of one host, so its name is nobody else's.</summary>
internal static class LoginCookie
{
    public const string Name = "devstack-idp";
    public const string Scheme = "Login";

    private const string AnsweredKey = "answered";

    public static Task StartAsync(HttpContext context, DemoUser user, string returnUrl)
    {
        var identity = new ClaimsIdentity([new Claim(Claims.Subject, user.UserName)], Scheme, Claims.Subject, Claims.Role);
        var properties = new AuthenticationProperties { Items = { [AnsweredKey] = AuthorizeRequest.Fingerprint(returnUrl) } };
        return context.SignInAsync(Scheme, new ClaimsPrincipal(identity), properties);
    }

    public static async Task<Login?> ReadAsync(HttpContext context)
    {
        var ticket = await context.AuthenticateAsync(Scheme);
        return ticket.Succeeded && DemoUsers.Find(ticket.Principal.Identity?.Name) is { } user
            ? new Login(user, ticket.Properties.GetString(AnsweredKey))
            : null;
    }

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(Scheme);
}

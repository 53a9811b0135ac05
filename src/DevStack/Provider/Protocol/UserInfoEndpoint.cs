using DevStack.Provider.Users;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

internal static class UserInfoEndpoint
{
    public static async Task<IResult> Handle(HttpContext context)
    {
        var token = (await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal!;
        if (DemoUsers.Find(token.GetClaim(Claims.Subject)) is not { } user)
        {
            return ProviderResults.Error(Errors.InvalidToken, "The user does not exist any more.");
        }

        var claims = new Dictionary<string, string> { [Claims.Subject] = user.UserName };
        if (token.HasScope(Scopes.Profile))
        {
            claims[Claims.Name] = user.Name;
            claims[Claims.PreferredUsername] = user.UserName;
        }

        if (token.HasScope(Scopes.Email))
        {
            claims[Claims.Email] = user.Email;
        }

        return Results.Json(claims);
    }
}

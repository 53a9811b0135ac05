using DevStack.Hosting;
using DevStack.Provider.Users;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

/// <summary>OpenIddict has validated the code or the refresh token; here the user behind it is looked at again.</summary>
internal static class TokenEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, DevStackOptions options)
    {
        var grant = (await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal!;
        return DemoUsers.Find(grant.GetClaim(Claims.Subject)) is { } user
            ? ProviderResults.Issue(user, grant.GetScopes(), options.ApiAudience)
            : ProviderResults.Error(Errors.InvalidGrant, "The user does not exist any more.");
    }
}

using System.Globalization;
using DevStack.Hosting;
using DevStack.Provider.Trouble;
using DevStack.Provider.Users;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

/// <summary>OpenIddict has validated the code, the refresh token or the client; here the user behind it is looked at again, where there is one.</summary>
internal static class TokenEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, DevStackOptions options, Switches switches)
    {
        var request = context.GetOpenIddictServerRequest()!;
        if (DemoApis.AskedFor(request, options) is not { } api) { return ProviderResults.Error(Errors.InvalidTarget, "There is no such API."); }
        if (request.IsClientCredentialsGrantType()) { return ProviderResults.IssueToClient(request.ClientId!, request.GetScopes(), api); }
        var grant = (await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal!;
        if (DemoUsers.Find(grant.GetClaim(Claims.Subject)) is not { } user)
        {
            return ProviderResults.Error(Errors.InvalidGrant, "The user does not exist any more.");
        }

        long? signedInAt = long.TryParse(grant.GetClaim(Claims.AuthenticationTime), CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
        if (!request.IsAuthorizationCodeGrantType())
        {
            return ProviderResults.Issue(user, grant.GetScopes(), api, signedInAt);
        }

        switches.SignedIn();
        var scopes = grant.GetScopes().Where(scope => switches.GivesRefreshTokens || scope != Scopes.OfflineAccess);
        return ProviderResults.Issue(user, scopes, options.ApiAudience, signedInAt);
    }
}

using DevStack.Provider.SignIn;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;

namespace DevStack.Provider.Protocol;

/// <summary>
/// RP-initiated logout. A client that is known, by <c>client_id</c> or an ID token hint, and names a registered address is
/// trusted at once; OpenIddict has checked both by now. Anyone else leads to a page that asks.
/// </summary>
internal static class EndSessionEndpoint
{
    public static async Task<IResult> Handle(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest();
        var refused = context.GetOpenIddictServerResponse()?.Error is not null;
        if (refused || request is not { PostLogoutRedirectUri: not null } || !NamesItsClient(request))
        {
            return Results.LocalRedirect(SignOutEndpoint.Route);
        }

        await LoginCookie.EndAsync(context);
        return ProviderResults.SignedOut();
    }

    private static bool NamesItsClient(OpenIddictRequest request) =>
        !string.IsNullOrEmpty(request.ClientId) || !string.IsNullOrEmpty(request.IdTokenHint);
}

using DevStack.Provider.Users;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Server.AspNetCore;

namespace DevStack.Provider.Protocol;

/// <summary>Answers that OpenIddict turns into protocol messages.</summary>
internal static class ProviderResults
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public static IResult Issue(DemoUser user, IEnumerable<string> scopes, string audience, long? signedInAt) =>
        Results.SignIn(TokenPrincipal.Create(user, scopes, audience, signedInAt), authenticationScheme: Scheme);

    /// <summary>An access token in the client's own name.</summary>
    public static IResult IssueToClient(string clientId, IEnumerable<string> scopes, string audience) =>
        Results.SignIn(TokenPrincipal.OfClient(clientId, scopes, audience), authenticationScheme: Scheme);

    /// <summary>A standard error: to the client's redirect address, or as the token endpoint's answer.</summary>
    public static IResult Error(string error, string description) => Results.Forbid(
        new AuthenticationProperties(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
        }),
        [Scheme]);

    /// <summary>Back to the client's post-logout address, with the state it sent.</summary>
    public static IResult SignedOut() => Results.SignOut(authenticationSchemes: [Scheme]);
}

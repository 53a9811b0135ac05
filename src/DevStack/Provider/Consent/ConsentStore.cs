using System.Collections.Immutable;
using DevStack.Provider.Users;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Consent;

/// <summary>
/// Remembers who agreed to what, as a permanent authorization. Tokens are not tied to it: OpenIddict gives every sign-in a
/// grant of its own, so a refresh token used twice ends that sign-in and not every sign-in of the user.
/// </summary>
internal sealed class ConsentStore(IOpenIddictAuthorizationManager authorizations, IOpenIddictApplicationManager clients)
{
    public async Task<bool> IsGivenAsync(DemoUser user, string clientId, string[] scopes, CancellationToken cancellationToken)
    {
        var found = authorizations.FindAsync(
            user.UserName, await IdOfAsync(clientId, cancellationToken), Statuses.Valid, AuthorizationTypes.Permanent,
            ImmutableArray.Create(scopes), cancellationToken);
        return await found.AnyAsync(cancellationToken);
    }

    public async Task GiveAsync(DemoUser user, string clientId, string[] scopes, CancellationToken cancellationToken)
    {
        if (await IsGivenAsync(user, clientId, scopes, cancellationToken))
        {
            return;
        }

        var consent = new OpenIddictAuthorizationDescriptor
        {
            ApplicationId = await IdOfAsync(clientId, cancellationToken),
            Subject = user.UserName,
            Status = Statuses.Valid,
            Type = AuthorizationTypes.Permanent,
        };
        consent.Scopes.UnionWith(scopes);
        await authorizations.CreateAsync(consent, cancellationToken);
    }

    public async Task<string> NameOfAsync(string clientId, CancellationToken cancellationToken) =>
        await clients.GetDisplayNameAsync(await ClientAsync(clientId, cancellationToken), cancellationToken) ?? clientId;

    private async Task<string?> IdOfAsync(string clientId, CancellationToken cancellationToken) =>
        await clients.GetIdAsync(await ClientAsync(clientId, cancellationToken), cancellationToken);

    private async Task<object> ClientAsync(string clientId, CancellationToken cancellationToken) =>
        await clients.FindByClientIdAsync(clientId, cancellationToken) ?? throw new InvalidOperationException("The client is gone.");
}

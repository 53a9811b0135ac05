using DevStack.Hosting;
using DevStack.Provider.Users;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Storage;

/// <summary>Bff, and a script that has no user and calls with a token of its own. Written anew at every start, so that changed addresses take effect.</summary>
internal sealed class ClientRegistration(IOpenIddictApplicationManager clients, DevStackOptions options)
{
    private const string ClientSecret = "demo-only-not-a-secret";

    /// <summary>The client of docs/machines.md.</summary>
    private const string Script = "demo-script";

    private readonly string _clientId = options.ProviderName is null ? "bff" : $"bff-{options.ProviderName}";

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        await SaveAsync(_clientId, Describe(), cancellationToken);
        await SaveAsync(Script, DescribeScript(), cancellationToken);
    }

    private async Task SaveAsync(string clientId, OpenIddictApplicationDescriptor description, CancellationToken cancellationToken)
    {
        if (await clients.FindByClientIdAsync(clientId, cancellationToken) is { } existing)
        {
            await clients.UpdateAsync(existing, description, cancellationToken);
        }
        else
        {
            await clients.CreateAsync(description, cancellationToken);
        }
    }

    private static OpenIddictApplicationDescriptor DescribeScript() => new()
    {
        ClientId = Script,
        ClientSecret = ClientSecret,
        ClientType = ClientTypes.Confidential,
        DisplayName = "Demo script",
        Permissions =
        {
            Permissions.Endpoints.Token,
            Permissions.GrantTypes.ClientCredentials,
            Permissions.Prefixes.Scope + DemoScopes.ReadMessages,
        },
    };

    private OpenIddictApplicationDescriptor Describe()
    {
        var client = new OpenIddictApplicationDescriptor
        {
            ClientId = _clientId,
            ClientSecret = ClientSecret,
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = "Bff demo",
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
            Permissions =
            {
                Permissions.Endpoints.Authorization,
                Permissions.Endpoints.PushedAuthorization,
                Permissions.Endpoints.Token,
                Permissions.Endpoints.Revocation,
                Permissions.Endpoints.EndSession,
                Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken,
                Permissions.GrantTypes.ClientCredentials,
                Permissions.ResponseTypes.Code,
            },
        };
        client.Permissions.UnionWith(DemoScopes.All.Select(scope => Permissions.Prefixes.Scope + scope));
        var suffix = options.ProviderName is null ? "" : $"/{options.ProviderName}";
        foreach (var bff in options.AdditionalBffUrls.Prepend(options.BffUrl).Select(url => url.AbsoluteUri.TrimEnd('/')))
        {
            client.RedirectUris.Add(new Uri($"{bff}/signin-oidc{suffix}"));
            client.PostLogoutRedirectUris.Add(new Uri($"{bff}/signout-callback-oidc{suffix}"));
        }

        return client;
    }
}

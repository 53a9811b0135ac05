using DevStack.Hosting;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace DevStack.Provider.Protocol;

/// <summary>The APIs that tokens are for: one token, one API.</summary>
internal static class DemoApis
{
    public const string ReadOrders = "read:orders";

    private const string Asked = "demo_api";

    /// <summary>Keeps which API a refresh is for where OpenIddict does not hold it against what the sign-in asked for.</summary>
    public static void TakeFrom(OpenIddictRequest request)
    {
        if (request.IsAuthorizationCodeGrantType() || request.Resources is not { Length: > 0 }) { return; }
        request.SetParameter(Asked, string.Join(' ', request.GetResources()));
        request.Resources = null;
    }

    /// <returns>Null when there is no such API.</returns>
    public static string? AskedFor(OpenIddictRequest request, DevStackOptions options)
    {
        var api = (string?)request.GetParameter(Asked) ?? options.ApiAudience;
        return api == options.ApiAudience || api == options.OrdersAudience ? api : null;
    }

    /// <summary>A token for the orders says that they may be read, and nothing of what it may do elsewhere. The grant keeps its scopes.</summary>
    public static OpenIddictServerBuilder NarrowOrders(this OpenIddictServerBuilder server, DevStackOptions options) =>
        server.AddEventHandler<ProcessSignInContext>(handler => handler
            .SetOrder(OpenIddictServerHandlers.PrepareAccessTokenPrincipal.Descriptor.Order + 1)
            .UseInlineHandler(context =>
            {
                if (context.Principal?.HasResource(options.OrdersAudience) == true) { context.AccessTokenPrincipal?.SetScopes(ReadOrders); }
                return ValueTask.CompletedTask;
            }));
}

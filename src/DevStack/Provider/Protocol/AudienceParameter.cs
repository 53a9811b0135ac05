using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace DevStack.Provider.Protocol;

/// <summary>
/// Lets a client name the API by Auth0's word <c>audience</c> as well as by RFC 8707's <c>resource</c>. OpenIddict knows the
/// second only and refuses the first. A sign-in is for the demo API whatever it asks for; a refresh, or the client itself, may
/// ask for each of <see cref="DemoApis"/>, also for one that the sign-in did not name.
/// </summary>
internal static class AudienceParameter
{
    public static OpenIddictServerBuilder AcceptAudience(this OpenIddictServerBuilder server) => server
        .DisableResourceValidation()
        .IgnoreResourcePermissions()
        .ReadAsResource<ExtractAuthorizationRequestContext>()
        .ReadAsResource<ExtractPushedAuthorizationRequestContext>()
        .ReadAsResource<ExtractTokenRequestContext>();

    private static OpenIddictServerBuilder ReadAsResource<TContext>(this OpenIddictServerBuilder server)
        where TContext : BaseContext => server.AddEventHandler<TContext>(handler => handler
            .SetOrder(int.MaxValue)
            .UseInlineHandler(context =>
            {
                if (context.Transaction.Request is { Audiences: not null } request)
                {
                    request.Resources = [.. request.GetResources(), .. request.GetAudiences()];
                    request.Audiences = null;
                }

                if (context is ExtractTokenRequestContext && context.Transaction.Request is { } token) { DemoApis.TakeFrom(token); }

                return ValueTask.CompletedTask;
            }));
}

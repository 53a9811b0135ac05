using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace DevStack.Provider.Diary;

/// <summary>The code or refresh token of a token request, as it was before OpenIddict decided about it.</summary>
internal sealed record PresentedToken(string? User, bool WasRedeemed)
{
    private const string Property = "devstack:presented-token";

    public static PresentedToken? Of(OpenIddictServerTransaction transaction) => transaction.GetProperty<PresentedToken>(Property);

    /// <summary>Runs just before OpenIddict looks at the token's stored state.</summary>
    internal sealed class Observer(IOpenIddictTokenManager tokens) : IOpenIddictServerHandler<ValidateTokenContext>
    {
        public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
            OpenIddictServerHandlerDescriptor.CreateBuilder<ValidateTokenContext>()
                .UseScopedHandler<Observer>()
                .SetOrder(OpenIddictServerHandlers.Protection.ValidateTokenEntry.Descriptor.Order - 1)
                .Build();

        public async ValueTask HandleAsync(ValidateTokenContext context)
        {
            if (context.EndpointType == OpenIddictServerEndpointType.Token && context.TokenId is { } id &&
                await tokens.FindByIdAsync(id, context.CancellationToken) is { } entry)
            {
                // A replay ends the whole grant and so turns "redeemed" into "revoked"; the date of redemption stays.
                var redeemed = await tokens.GetRedemptionDateAsync(entry, context.CancellationToken) is not null;
                context.Transaction.SetProperty(Property, new PresentedToken(context.Principal?.GetClaim(Claims.Subject), redeemed));
            }
        }
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Bff.Login;

/// <summary>The <c>state</c> of a flow: good for ten minutes, in the browser that began it, and once, on whichever node it comes back.</summary>
internal sealed class FlowState(ISessionStore store, TimeProvider clock)
{
    /// <summary>The framework's name, inside the protected state, for what the flow's cookie is called after.</summary>
    private const string Correlation = ".xsrf";

    /// <summary>The state says itself when it ends: a cookie's end is the browser's affair.</summary>
    public void Begin(AuthenticationProperties properties) => properties.ExpiresUtc = clock.GetUtcNow() + FlowCookies.Lifetime;

    public bool IsFresh(AuthenticationProperties properties) => properties.ExpiresUtc > clock.GetUtcNow();

    /// <summary>Costs nothing, so it comes before anything that does.</summary>
    /// <exception cref="SignInRefusedException">The flow is too old, or another browser began it.</exception>
    public void Check(HttpContext context, OpenIdConnectOptions options, AuthenticationProperties properties)
    {
        if (!IsFresh(properties)) { throw Refused("The state is too old."); }
        if (!properties.Items.TryGetValue(Correlation, out var flow) || string.IsNullOrEmpty(context.Request.Cookies[options.CorrelationCookie.Name + flow]))
        {
            throw Refused("The flow's cookie is not there.");
        }
    }

    /// <exception cref="SignInRefusedException">It was used up before.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot say; nothing is used up.</exception>
    public async Task UseUpAsync(AuthenticationProperties properties)
    {
        // What is inside, not the text around it: one state can be spelled in more than one way.
        var flow = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(properties.Items[Correlation]!)));

        // Not the request's token: a browser that goes away must not leave it open whether the state was used.
        // Remembered for longer than it is good: a node whose clock is ahead must not forget it while it is still good to another.
        if (!await store.UseOnceAsync("state:" + flow, properties.ExpiresUtc!.Value + FlowCookies.Lifetime, CancellationToken.None)) { throw Refused("The state was used before."); }
    }

    private static SignInRefusedException Refused(string why) => new(OidcEvents.InvalidState, why);
}

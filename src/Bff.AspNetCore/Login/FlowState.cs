using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>The <c>state</c> of a flow: good for ten minutes, in the browser that began it, and once, on whichever node it comes back.</summary>
internal sealed class FlowState(ISessionStore store, TimeProvider clock)
{
    /// <summary>The framework's name, inside the protected state, for what the flow's cookie is called after.</summary>
    private const string Correlation = ".xsrf";

    /// <summary>
    /// The page's word for it that the user has signed in too long ago, or in another way than asked for (OpenID Connect Core Error Code unmet_authentication_requirements 1.0).
    /// </summary>
    public const string Unmet = "unmet_authentication_requirements";

    /// <summary>Where a flow keeps what its authorization request asked for, and the response is checked against.</summary>
    private const string AcrValues = "bff.acr_values", MaxAge = "bff.max_age";

    /// <summary>What was sent, by the page or by the operator.</summary>
    public static void Remember(OpenIdConnectMessage message, AuthenticationProperties properties)
    {
        if (!string.IsNullOrEmpty(message.AcrValues)) { properties.Items[AcrValues] = message.AcrValues; }
        if (!string.IsNullOrEmpty(message.MaxAge)) { properties.Items[MaxAge] = message.MaxAge; }
    }

    /// <summary>Whether another sign-in of the same user would not do.</summary>
    public static bool AsksForStrength(AuthenticationProperties properties) =>
        SignInProgress.Named(properties, MaxAge) is not null || SignInProgress.Named(properties, AcrValues) is not null;

    /// <summary>The user has signed in in one of the ways that were asked for.</summary>
    /// <exception cref="SignInRefusedException">They did in another one, or the provider does not say how.</exception>
    public static void CheckAcr(AuthenticationProperties properties, string? acr)
    {
        if (SignInProgress.Named(properties, AcrValues) is not { } asked) { return; }
        if (string.IsNullOrEmpty(acr)) { throw Failed("The ID token has no acr, which acr_values asks for."); }
        if (!asked.Split(' ').Contains(acr, StringComparer.Ordinal)) { throw Failed("The ID token's acr is none of those that acr_values asks for."); }
    }

    /// <summary>
    /// OpenID Connect Core 1.0 section 3.1.3.7, rule 13. The provider looked when the flow had begun or later, so it is measured from there: a user who reads
    /// for minutes what they consent to has not signed in too long ago.
    /// </summary>
    /// <param name="properties">Of the flow.</param>
    /// <param name="authTime">The ID token's <c>auth_time</c>, in seconds.</param>
    /// <param name="tolerance">How far the provider's clock may be from ours.</param>
    /// <exception cref="SignInRefusedException">The user did, or the provider does not say when.</exception>
    public void CheckSignInTime(AuthenticationProperties properties, string? authTime, TimeSpan tolerance)
    {
        if (SignInProgress.Named(properties, MaxAge) is not { } maxAge) { return; }
        const NumberStyles Number = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(authTime, Number, CultureInfo.InvariantCulture, out var signedInAt))
        {
            throw Failed("The ID token has no auth_time, which max_age asks for.");
        }

        var begun = properties.ExpiresUtc!.Value - FlowCookies.Lifetime;
        var earliest = begun.ToUnixTimeSeconds() - long.Parse(maxAge, CultureInfo.InvariantCulture) - (long)tolerance.TotalSeconds;
        if (signedInAt < earliest) { throw Failed("The user's sign-in at the provider is older than max_age allows."); }
        if (signedInAt > (clock.GetUtcNow() + tolerance).ToUnixTimeSeconds()) { throw Failed("The ID token's auth_time is in the future."); }
    }

    /// <summary>The state says itself when it ends: a cookie's end is the browser's affair.</summary>
    public void Begin(AuthenticationProperties properties)
    {
        var now = clock.GetUtcNow();
        properties.ExpiresUtc = now + FlowCookies.Lifetime;
        RememberBegun(properties, now);   // the other is in seconds
    }

    private static void RememberBegun(AuthenticationProperties properties, DateTimeOffset at) =>
        properties.Items[SessionAuthentication.BegunAt] = at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>A flow that a node of the version before has begun does not say when, but when it ends.</summary>
    public static void CompleteBegun(AuthenticationProperties properties)
    {
        if (SignInProgress.Named(properties, SessionAuthentication.BegunAt) is not null || properties.ExpiresUtc is not { } end) { return; }
        RememberBegun(properties, end - FlowCookies.Lifetime);
    }

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
    /// <exception cref="Sessions.SessionStoreException">The store cannot say; nothing is used up.</exception>
    public async Task UseUpAsync(AuthenticationProperties properties)
    {
        // What is inside, not the text around it: one state can be spelled in more than one way.
        var flow = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(properties.Items[Correlation]!)));

        // Not the request's token: a browser that goes away must not leave it open whether the state was used.
        // Remembered for longer than it is good: a node whose clock is ahead must not forget it while it is still good to another.
        var forgetAt = properties.ExpiresUtc!.Value + FlowCookies.Lifetime;
        if (!await store.UseOnceAsync("state:" + flow, forgetAt, CancellationToken.None)) { throw Refused("The state was used before."); }
    }

    private static SignInRefusedException Failed(string why) => new(Unmet, why);

    private static SignInRefusedException Refused(string why) => new(SignInFailure.InvalidState, why);
}

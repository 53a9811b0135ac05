using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Bff.Providers;

/// <summary>The framework's scheme and callback paths of a provider. The one without a name has the framework's own.</summary>
internal static class OidcScheme
{
    private static readonly OpenIdConnectOptions Framework = new();

    public static string Of(string provider) =>
        provider == ClientRegistration.DefaultName ? OpenIdConnectDefaults.AuthenticationScheme : $"{OpenIdConnectDefaults.AuthenticationScheme}:{provider}";

    /// <summary>
    /// Where a sign-in comes back to; an address for each provider, so that what one sends cannot be taken for another's (RFC 9700 section 4.4.2.2).
    /// </summary>
    public static PathString CallbackOf(string provider) => Below(Framework.CallbackPath, provider);

    public static PathString SignedOutCallbackOf(string provider) => Below(Framework.SignedOutCallbackPath, provider);

    private static PathString Below(PathString path, string provider) => provider == ClientRegistration.DefaultName ? path : path.Add("/" + provider);
}

using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers.TokenEndpoint;

/// <summary>What a refused pushed authorization request (RFC 9126) means for the sign-in.</summary>
internal static class PushedRequests
{
    /// <summary>
    /// The refusal is about pushing and not about what was asked for, and nobody insists. A provider may announce the endpoint and allow it to some clients only.
    /// </summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="error">The provider's word, or one of ours.</param>
    /// <param name="metadata">The provider's.</param>
    /// <param name="options">Ours.</param>
    public static bool MayGoPlainly(int status, string error, OpenIdConnectConfiguration metadata, OidcOptions options)
    {
        if (options.PushedAuthorization != PushedAuthorizationUse.Auto || metadata.RequirePushedAuthorizationRequests) { return false; }
        if (error == "unauthorized_client") { return status is >= 400 and < 500; }
        return status is 403 or 404 or 405 or 410 && ErrorWords.BlameFor(status, error) is not (Blame.Client or Blame.Provider);
    }

    /// <summary>The settings ask for what the provider does not do; null when they do not.</summary>
    public static string? Contradiction(OpenIdConnectConfiguration metadata, OidcOptions options) => options.PushedAuthorization switch
    {
        PushedAuthorizationUse.Always when string.IsNullOrEmpty(ProviderEndpoints.PushedAuthorization(metadata, options)) =>
            "is Always, and the provider names no pushed_authorization_request_endpoint.",
        PushedAuthorizationUse.Never when metadata.RequirePushedAuthorizationRequests =>
            "is Never, and the provider requires pushed authorization requests (require_pushed_authorization_requests).",
        _ => null,
    };
}

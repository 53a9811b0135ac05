using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>How the user is signed out at the provider (OpenID Connect RP-Initiated Logout 1.0, and what providers have instead of it).</summary>
internal sealed class LogoutOptions
{
    public const string StandardReturn = "post_logout_redirect_uri";

    /// <summary>
    /// The parameter that says where the provider sends the browser back to. <c>logout_uri</c> (Amazon Cognito) and <c>returnTo</c> (Auth0's <c>/v2/logout</c>)
    /// go without <c>state</c>, which such providers do not send back; the user ends on the default page. Default: <c>post_logout_redirect_uri</c>.
    /// </summary>
    [AllowedValues(StandardReturn, "logout_uri", "returnTo", ErrorMessage = "must be 'post_logout_redirect_uri', 'logout_uri' or 'returnTo'.")]
    public string ReturnParameter { get; set; } = StandardReturn;

    /// <summary>Further parameters of the sign-out's address, such as Auth0's <c>federated</c>; the value may be empty. What Bff sets itself cannot be here.</summary>
    public Dictionary<string, string> Parameters { get; set; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the ID token is sent as <c>id_token_hint</c> (RP-Initiated Logout 1.0 section 2). It passes through the browser in a URL. <c>Fit</c> sends it
    /// unless the address would be longer than 2,000 characters; then <c>client_id</c> goes alone, with a <c>logout_hint</c> where the ID token has a
    /// <c>login_hint</c>. Default: <c>Never</c>.
    /// </summary>
    public IdTokenHint? IdTokenHint { get; set; }

    /// <summary>Where browsers are sent to sign out, instead of the metadata's <c>end_session_endpoint</c>. Must use https wherever the authority must.</summary>
    public string? Address { get; set; }

    private static readonly string[] OurOwn =
        ["client_id", "id_token_hint", "logout_hint", StandardReturn, "logout_uri", "returnTo", "redirect_uri", "response_type", "state"];

    /// <summary>The parameters that are not the operator's to set.</summary>
    public IEnumerable<string> NotAllowed => Parameters.Keys.Where(name => OurOwn.Contains(name, StringComparer.OrdinalIgnoreCase));
}

namespace Bff.Providers;

/// <summary>How the provider's authorization response comes back, by its <c>response_mode</c>.</summary>
internal static class ResponseModes
{
    public const string Query = "query", FormPost = "form_post", SignedQuery = "query.jwt", SignedFormPost = "form_post.jwt", Signed = "jwt";

    public const string Choice = "must be 'query', 'form_post', 'query.jwt', 'form_post.jwt' or 'jwt'.";

    /// <summary>In the body of a form that the provider's page posts (OAuth 2.0 Form Post Response Mode).</summary>
    public static bool IsPosted(string mode) => mode is FormPost or SignedFormPost;

    /// <summary>As a token that the provider has signed (JARM); <c>jwt</c> is in the query where a code is asked for (section 2.3.4).</summary>
    public static bool IsSigned(string mode) => mode is SignedQuery or SignedFormPost or Signed;
}

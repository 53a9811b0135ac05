using Yarp.ReverseProxy.Configuration;

namespace Bff.Forwarding;

internal static class TokenPolicies
{
    public const string MetadataKey = "Bff.Token";

    /// <summary>False for a word that is none of ours; a number, though the enum would take it, is none.</summary>
    public static bool TryRead(IReadOnlyDictionary<string, string>? metadata, out TokenPolicy policy)
    {
        policy = TokenPolicy.None;
        if (metadata is null || !metadata.TryGetValue(MetadataKey, out var word)) { return true; }
        return Enum.GetNames<TokenPolicy>().Contains(word, StringComparer.Ordinal) && Enum.TryParse(word, out policy);
    }

    /// <summary>
    /// The route sends a token, or its policy lets the cookie decide who may come. The one question behind all that follows: the CSRF header, whether cookies
    /// go upstream, whether a response is personal, whether a connection ends with the session. A token of our client's counts like a user's: a page of another
    /// site must not make a browser spend it.
    /// </summary>
    public static bool UsesSession(RouteConfig route) => !TakesTokensAlone(route)
        && ((TryRead(route.Metadata, out var policy) && policy != TokenPolicy.None)
            || !(string.IsNullOrEmpty(route.AuthorizationPolicy) || string.Equals(route.AuthorizationPolicy, "anonymous", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Callers may bring a token of their own.</summary>
    public static bool TakesTokens(RouteConfig route) =>
        TryRead(route.Metadata, out var policy) && policy is TokenPolicy.PassThrough or TokenPolicy.UserOrPassThrough;

    /// <summary>Nobody else may call: no cookie counts.</summary>
    public static bool TakesTokensAlone(RouteConfig route) => TryRead(route.Metadata, out var policy) && policy == TokenPolicy.PassThrough;
}

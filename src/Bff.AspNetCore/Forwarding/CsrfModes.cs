using Bff.Guard;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Forwarding;

/// <summary>A route's <see cref="CsrfMode"/>, stated in its YARP metadata as <c>Bff.Csrf</c>.</summary>
internal static class CsrfModes
{
    public const string MetadataKey = "Bff.Csrf";

    /// <exception cref="FormatException">The word is none of ours.</exception>
    public static CsrfMode Read(IReadOnlyDictionary<string, string>? metadata) => RouteMetadata.Word<CsrfMode>(metadata, MetadataKey) ?? CsrfMode.Header;

    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? MistakeIn(RouteConfig route) => RouteMetadata.MistakeOf(() =>
    {
        if (Read(route.Metadata) != CsrfMode.Header && !TokenPolicies.UsesSession(route))
        {
            if (TokenPolicies.TakesTokensAlone(route))
            {
                throw new FormatException("has no effect where callers bring tokens and no page comes. Remove it, or set Bff.Token to UserOrPassThrough.");
            }

            throw new FormatException("has no effect on a route that uses no session, which needs no header. Give it an AuthorizationPolicy or a Bff.Token.");
        }
    });
}

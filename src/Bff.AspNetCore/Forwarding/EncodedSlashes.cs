using Bff.Guard;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding;

/// <summary>
/// Sends <c>%2F</c> in a path as it came. The framework decodes a path but for <c>%2F</c>, so that <c>%2F</c> and <c>%252F</c> look the same, and YARP encodes
/// both to <c>%252F</c>. The request's own target tells them apart. Some upstreams route by the decoded path, where <c>%2F</c> is a slash: it is sent only if
/// the path with a
/// slash in its place leads nowhere else here, neither up nor to another route, whose policy would have been another.
/// </summary>
internal static class EncodedSlashes
{
    private const string Upper = "%2F", Lower = "%2f";

    /// <summary>To be applied after every transform of the path.</summary>
    public static ValueTask KeepAsync(RequestTransformContext context)
    {
        if (context.ProxyRequest.RequestUri is not null || !IsToBeKept(context.HttpContext)) { return default; }
        var address = RequestUtilities.MakeDestinationAddress(context.DestinationPrefix, context.Path, QueryString.Empty).OriginalString;
        var prefix = context.DestinationPrefix.TrimEnd('/').Length;
        var path = address[prefix..].Replace("%252F", Upper, StringComparison.Ordinal).Replace("%252f", Lower, StringComparison.Ordinal);
        context.ProxyRequest.RequestUri = new Uri(string.Concat(address.AsSpan(0, prefix), path, context.Query.QueryString.ToUriComponent()), UriKind.Absolute);
        return default;
    }

    private static bool IsToBeKept(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.Contains(Upper, StringComparison.OrdinalIgnoreCase)) { return false; }

        // No %25 in what came: every %2F that is left in the path was one, and is sent decoded once and no more.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? end : target.Length).Contains("%25", StringComparison.Ordinal))
        {
            return false;
        }

        var decoded = path.Replace(Upper, "/", StringComparison.OrdinalIgnoreCase);
        if (HasDotSegments(decoded)) { return false; }
        var routes = RoutesOfPath.Find(context, path);
        return RoutesOfPath.Find(context, decoded).SetEquals(routes) && RoutesOfPath.Find(context, RoutesOfPath.MergeSlashes(decoded)).SetEquals(routes);
    }

    /// <summary>Also those with a parameter, which some servers take off before they resolve dots.</summary>
    private static bool HasDotSegments(string path) => path.Split('/', '\\').Any(segment => segment.Split(';')[0] is "." or "..");
}

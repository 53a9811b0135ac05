using Bff.Renewal;
using Bff.Sessions;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Bff.Forwarding;

/// <summary>Decides once, when a route is loaded, what goes upstream and what comes back. A wrong word stops the load and the old routes stay.</summary>
internal sealed class TokenTransformProvider : ITransformProvider
{
    private const string OwnCookiePrefix = "__Host-bff";

    public void ValidateRoute(TransformRouteValidationContext context)
    {
        if (!TokenPolicies.TryRead(context.Route.Metadata, out _))
        {
            context.Errors.Add(new ArgumentException(
                $"ReverseProxy:Routes:{context.Route.RouteId}:Metadata:{TokenPolicies.MetadataKey}: '{context.Route.Metadata![TokenPolicies.MetadataKey]}' is not a token policy; "
                + $"use {string.Join(", ", Enum.GetNames<TokenPolicy>())}."));
        }
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
        // Clusters say nothing about tokens.
    }

    public void Apply(TransformBuilderContext context)
    {
        TokenPolicies.TryRead(context.Route.Metadata, out var policy);
        var sendsToken = policy != TokenPolicy.None;
        var ourCookie = context.Services.GetRequiredService<SessionCookie>().Name;
        context.AddRequestTransform(request =>
        {
            UpstreamHeaders.RemoveIdentity(request.ProxyRequest.Headers);
            KeepForeignCookies(request, ourCookie, keep: !sendsToken);
            return default;
        });
        if (sendsToken) { context.RequestTransforms.Add(new TokenTransform(context.Services.GetRequiredService<Renewer>(), required: policy == TokenPolicy.User)); }
        context.AddResponseTransform(response =>
        {
            CleanResponse(response.HttpContext.Response.Headers, ourCookie, sendsToken);
            return default;
        });
    }

    /// <summary>An API that gets a bearer token gets no cookie at all; any other upstream gets the cookies that are not ours.</summary>
    private static void KeepForeignCookies(RequestTransformContext request, string ourCookie, bool keep)
    {
        var headers = request.ProxyRequest.Headers;
        if (!headers.Remove(HeaderNames.Cookie) || !keep) { return; }
        var foreign = request.HttpContext.Request.Headers.Cookie.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(pair => !IsOurs(pair, ourCookie));
        if (string.Join("; ", foreign) is { Length: > 0 } rest) { headers.TryAddWithoutValidation(HeaderNames.Cookie, rest); }
    }

    /// <summary>An upstream may neither take our cookie's name nor speak for our CORS policy.</summary>
    private static void CleanResponse(IHeaderDictionary headers, string ourCookie, bool sendsToken)
    {
        if (headers.SetCookie.Count > 0) { headers.SetCookie = headers.SetCookie.Where(line => !IsOurs((line ?? "").TrimStart(), ourCookie)).ToArray(); }
        if (!sendsToken) { return; }
        foreach (var name in headers.Keys.Where(name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)).ToList()) { headers.Remove(name); }
    }

    private static bool IsOurs(string pair, string ourCookie) =>
        pair.StartsWith(OwnCookiePrefix, StringComparison.OrdinalIgnoreCase) || pair.StartsWith(ourCookie, StringComparison.OrdinalIgnoreCase);
}

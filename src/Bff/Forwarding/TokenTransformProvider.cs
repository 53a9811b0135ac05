using Bff.Renewal;
using Bff.Sessions;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Bff.Forwarding;

/// <summary>Decides once, when a route is loaded, what goes upstream and what comes back. A wrong word stops the load and the old routes stay.</summary>
internal sealed class TokenTransformProvider : ITransformProvider
{
    private const string OurMetadata = "Bff";

    public void ValidateRoute(TransformRouteValidationContext context)
    {
        var key = $"ReverseProxy:Routes:{context.Route.RouteId}:Metadata";
        if (!TokenPolicies.TryRead(context.Route.Metadata, out _))
        {
            context.Errors.Add(new ArgumentException(
                $"{key}:{TokenPolicies.MetadataKey}: '{context.Route.Metadata![TokenPolicies.MetadataKey]}' is not a token policy; use {string.Join(", ", Enum.GetNames<TokenPolicy>())}."));
        }

        // A misspelt key would quietly mean "no token".
        foreach (var name in context.Route.Metadata?.Keys.Where(name => name.StartsWith(OurMetadata, StringComparison.OrdinalIgnoreCase) && name != TokenPolicies.MetadataKey) ?? [])
        {
            context.Errors.Add(new ArgumentException($"{key}:{name}: is not a setting. There is: {TokenPolicies.MetadataKey}."));
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
        var sessionCookie = context.Services.GetRequiredService<SessionCookie>().Name;

        // First of all, so that what the route's own transforms set stays, and YARP's X-Forwarded-* are added to a clean request.
        context.RequestTransforms.Insert(0, new RequestFuncTransform(request =>
        {
            UpstreamHeaders.RemoveForged(request.ProxyRequest.Headers);
            KeepForeignCookies(request, sessionCookie, keep: !sendsToken);
            return default;
        }));
        if (sendsToken) { context.RequestTransforms.Add(new TokenTransform(context.Services.GetRequiredService<Renewer>(), required: policy == TokenPolicy.User)); }
        var longCalls = ForwardingFeature.UsesSession(context.Route) ? context.Services.GetRequiredService<LongCalls>() : null;
        context.AddResponseTransform(response =>
        {
            if (response.HttpContext.GetSession() is { } session) { longCalls?.Watch(response.HttpContext, session.Id); }
            var headers = response.HttpContext.Response.Headers;
            UpstreamAnswer.KeepOurCookies(headers, sessionCookie);
            if (sendsToken) { UpstreamAnswer.MakePersonal(headers); }
            return default;
        });
    }

    /// <summary>An API that gets a bearer token gets no cookie at all; any other upstream gets the cookies that are not ours.</summary>
    private static void KeepForeignCookies(RequestTransformContext request, string sessionCookie, bool keep)
    {
        var headers = request.ProxyRequest.Headers;
        if (!headers.Remove(HeaderNames.Cookie) || !keep) { return; }
        var foreign = request.HttpContext.Request.Headers.Cookie.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(pair => !UpstreamAnswer.IsOurs(pair, sessionCookie));
        if (string.Join("; ", foreign) is { Length: > 0 } rest) { headers.TryAddWithoutValidation(HeaderNames.Cookie, rest); }
    }
}

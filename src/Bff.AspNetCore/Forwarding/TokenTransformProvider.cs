using Bff.Forwarding.Identity;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Providers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Bff.Forwarding;

/// <summary>Decides once, when a route is loaded, what goes upstream and what comes back. A wrong word stops the load and the old routes stay.</summary>
/// <remarks>Routes are validated while the rest of the configuration may be wrong: services are asked for by <see cref="Apply"/> only.</remarks>
internal sealed class TokenTransformProvider : ITransformProvider
{
    private const string OurMetadata = "Bff";

    private static readonly string[] Keys =
    [
        TokenPolicies.MetadataKey, .. RouteToken.Keys, HeaderNameList.MetadataKey, FrontEndsFeature.RouteMetadata, CsrfModes.MetadataKey, .. StreamPolicy.Keys,
        IdentityFeature.RouteMetadata, IdentityFeature.AssertionMetadata,
    ];

    public void ValidateRoute(TransformRouteValidationContext context)
    {
        var key = $"ReverseProxy:Routes:{context.Route.RouteId}:Metadata";
        if (!TokenPolicies.TryRead(context.Route.Metadata, out _))
        {
            context.Errors.Add(new ArgumentException(
                $"{key}:{TokenPolicies.MetadataKey}: '{context.Route.Metadata![TokenPolicies.MetadataKey]}' is not a token policy; use "
                + $"{string.Join(", ", Enum.GetNames<TokenPolicy>())}."));
        }

        // The names of providers are known before anything else of the configuration is.
        foreach (var (name, mistake) in RouteToken.Mistakes(context.Route, context.Services.GetRequiredService<ProviderNames>().All))
        {
            context.Errors.Add(new ArgumentException($"{key}:{name}: {mistake}"));
        }

        try
        {
            HeaderNameList.Read(context.Route.Metadata);
        }
        catch (FormatException error)
        {
            context.Errors.Add(new ArgumentException($"{key}:{HeaderNameList.MetadataKey}: {error.Message}"));
        }

        if (CsrfModes.MistakeIn(context.Route) is { } wrongMode) { context.Errors.Add(new ArgumentException($"{key}:{CsrfModes.MetadataKey}: {wrongMode}")); }
        foreach (var wrong in StreamPolicy.MistakesIn(context.Route.Metadata, TokenPolicies.UsesSession(context.Route)))
        {
            context.Errors.Add(new ArgumentException($"{key}:{wrong.Key}: {wrong.Mistake}"));
        }

        // A misspelt key would quietly mean "no token".
        foreach (var name in context.Route.Metadata?.Keys.Where(name => LooksLikeOurs(name) && !Keys.Contains(name)) ?? [])
        {
            context.Errors.Add(new ArgumentException($"{key}:{name}: is not a setting. There are: {string.Join(", ", Keys)}."));
        }
    }

    /// <summary>Ours by its beginning, whatever follows; or one of our words behind another beginning or none.</summary>
    private static bool LooksLikeOurs(string name) => name.StartsWith(OurMetadata, StringComparison.OrdinalIgnoreCase)
        || Keys.Any(known => string.Equals(name.Split('.')[^1], known.Split('.')[^1], StringComparison.OrdinalIgnoreCase));

    public void ValidateCluster(TransformClusterValidationContext context)
    {
        // Clusters say nothing about tokens, and one that seems to would send none.
        foreach (var name in context.Cluster.Metadata?.Keys.Where(LooksLikeOurs) ?? [])
        {
            context.Errors.Add(
                new ArgumentException(
                    $"ReverseProxy:Clusters:{context.Cluster.ClusterId}:Metadata:{name}: belongs to a route: ReverseProxy:Routes:…:Metadata."));
        }
    }

    public void Apply(TransformBuilderContext context)
    {
        var token = RouteToken.Read(context.Route);
        var border = ActivatorUtilities.CreateInstance<RouteBorder>(context.Services, context.Route);

        // First of all, so that what the route's own transforms set stays, and YARP's X-Forwarded-* are added to a clean request; but after what copies
        // the browser's headers, wherever the route names it.
        var copies = context.RequestTransforms.OfType<RequestHeadersAllowedTransform>().ToList<RequestTransform>();
        foreach (var copy in copies) { context.RequestTransforms.Remove(copy); }
        var clean = new RequestFuncTransform(request =>
        {
            border.CleanRequest(request);
            return default;
        });
        foreach (var first in copies.Prepend(clean)) { context.RequestTransforms.Insert(0, first); }
        if (token.Policy == TokenPolicy.None) { context.AddResponseTransform(border.CleanResponseAsync); }
        else { SendToken(context, token, border); }
        if (IdentityFeature.IsOn(context.Route.Metadata)) { context.AddRequestTransform(context.Services.GetRequiredService<IdentityHeaders>().SendAsync); }
        if (context.Route.Metadata?.GetValueOrDefault(IdentityFeature.AssertionMetadata) is { Length: > 0 } audience)
        {
            var assertions = context.Services.GetRequiredService<Assertions>();
            context.AddRequestTransform(request => assertions.SendAsync(request, audience));
        }

        context.AddRequestTransform(EncodedSlashes.KeepAsync);
    }

    private static void SendToken(TransformBuilderContext context, RouteToken token, RouteBorder border)
    {
        var tokens = ActivatorUtilities.CreateInstance<RouteTokens>(context.Services, token);
        var refused = ActivatorUtilities.CreateInstance<RefusedTokens>(context.Services, context.Route, tokens);
        context.RequestTransforms.Add(token.Policy switch
        {
            TokenPolicy.PassThrough => new CallersTokenTransform(otherwise: null),
            TokenPolicy.UserOrPassThrough => new CallersTokenTransform(new TokenTransform(tokens)),
            _ => new TokenTransform(tokens),
        });
        context.AddResponseTransform(response => RefusedTokens.IsOne(response) ? TakeOrCleanAsync(response) : border.CleanResponseAsync(response));

        async ValueTask TakeOrCleanAsync(ResponseTransformContext response)
        {
            if (!await refused.TakeAsync(response)) { await border.CleanResponseAsync(response); }
        }
    }
}

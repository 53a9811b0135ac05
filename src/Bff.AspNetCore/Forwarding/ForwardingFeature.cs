using Bff.Configuration;
using Bff.Forwarding.Identity;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Providers.DPoP;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

internal static class ForwardingFeature
{
    public static WebApplicationBuilder AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<ForwardingOptions>("Bff:Forwarding");
        builder.Services.AddPassThrough().AddSingleton(new ConfigurationRule(PassThroughRoutes.Mistakes));
        builder.Services.AddIdentityHeaders().AddSingleton(new ConfigurationRule(IdentityRoutes.Mistakes));
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.AcceptedConfiguration().GetSection("ReverseProxy"))
            .AddTransforms<TokenTransformProvider>();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, UpstreamClients>().AddSingleton<ProvenRequests>();
        builder.Services.AddRequestTimeouts();
        builder.Services.AddSingleton<RequestHeaderFilter>().AddSingleton<ConnectionLimits>().AddSingleton<OpenRoutes>();
        builder.Services.AddSingleton<MatcherPolicy, FrontEndRoutes>().AddSingleton(SpaRoute.Route).AddSingleton<CallMetrics>();
        builder.Services.AddSingleton<LongLivedRequests>().AddHostedService(provider => provider.GetRequiredService<LongLivedRequests>());
        return builder;
    }

    /// <summary>Before the guard, so that refused calls are counted, too.</summary>
    public static WebApplication UseCallMetrics(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<CallMetrics>();
        var clock = app.Services.GetRequiredService<TimeProvider>();
        app.Use(async (context, next) =>
        {
            var started = clock.GetTimestamp();
            await next(context);
            if (CallMetrics.RouteOf(context) is { } route) { metrics.Finished(new(route, context.Response.StatusCode, clock.GetElapsedTime(started))); }
        });
        return app;
    }

    /// <summary>A route's <c>Timeout</c>. YARP takes its end for the caller's going away, and answers 400 to nobody; somebody is there, so it is 504.</summary>
    public static WebApplication UseRouteTimeouts(this WebApplication app)
    {
        app.UseWhen(HasTimeout, timed => timed.UseRequestTimeouts().Use(AnswerInTimeAsync));
        return app;
    }

    private static bool HasTimeout(HttpContext context) =>
        OwnPaths.IsForwarded(context) && context.GetEndpoint()?.Metadata is { } metadata
        && (metadata.GetMetadata<RequestTimeoutAttribute>() is not null || metadata.GetMetadata<RequestTimeoutPolicy>() is not null);

    private static async Task AnswerInTimeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (IsTimedOut(context))
        {
            // Before YARP ran: the session or a token was waited for.
        }

        if (context.Response.HasStarted || !IsTimedOut(context)) { return; }
        context.Response.Clear();
        context.RequestAborted = CancellationToken.None;   // the timeout's, which would stop our answer, too
        await UpstreamErrors.TimedOut.ExecuteAsync(context);
    }

    private static bool IsTimedOut(HttpContext context) =>
        context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true };

    /// <param name="app">Where to.</param>
    /// <param name="before">Steps that come before those that forward.</param>
    public static WebApplication MapForwarding(this WebApplication app, Action<IReverseProxyApplicationBuilder>? before = null)
    {
        app.MapReverseProxy(proxy =>
        {
            before?.Invoke(proxy);
            proxy.UseMiddleware<UpstreamErrors>();
            proxy.UseMiddleware<LongConnections>();
            proxy.UseSessionAffinity().UseLoadBalancing().UsePassiveHealthChecks();
        }).Add(endpoint =>
        {
            var route = endpoint.Metadata.OfType<RouteModel>().First().Config;
            var streams = StreamPolicy.Read(route.Metadata);
            if (streams != StreamPolicy.Default) { endpoint.Metadata.Add(streams); }
            if (TokenPolicies.TakesTokens(route))
            {
                var isOnlyWay = TokenPolicies.TakesTokensAlone(route);
                var metadata = route.Metadata!;
                endpoint.Metadata.Add(new TakesTokens(
                    metadata.GetValueOrDefault(RouteToken.AudienceKey), metadata.GetValueOrDefault(RouteToken.ProviderKey), isOnlyWay));
                endpoint.Metadata.Add(new TokenInstead());
                if (isOnlyWay) { return; }
            }

            if (!TokenPolicies.UsesSession(route))
            {
                endpoint.Metadata.Add(new WebSocketOriginRequired());
                return;
            }

            endpoint.Metadata.Add(new CsrfHeaderRequired(CsrfModes.Read(route.Metadata)));
            if (RouteToken.Read(route) is { OfUser: true, Provider: { } provider }) { endpoint.Metadata.Add(new WantedProvider(provider)); }
            if (streams.CountsAsUse != UseOfSession.None) { endpoint.Metadata.Add(new KeepsSessionAlive()); }
        });
        app.MapNeverThePage();
        app.MapAssertionKeys();
        app.Services.GetRequiredService<OpenRoutes>();   // speaks when the start is done
        return app;
    }
}

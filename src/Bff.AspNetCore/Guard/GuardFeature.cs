using System.Text;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Hosting;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.HttpsPolicy;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

internal static class GuardFeature
{
    public static WebApplicationBuilder AddGuard(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<ProxyOptions>("Bff");
        services.AddSettings<TransportOptions>("Bff:Hsts");
        var listened = new PublicListeners(Listening.PublicAddresses(builder.Configuration));
        services.AddSingleton(listened).AddSingleton<IValidateOptions<ProxyOptions>>(new PublicUrlRequired(listened, builder.Environment.IsDevelopment()));
        services.AddRateLimits();
        services.AddSingleton<EndpointLimits>();
        services.AddCors().AddSingleton<ICorsPolicyProvider, SpaCorsPolicy>();
        services.AddOptions<HstsOptions>().Configure<IOptions<TransportOptions>>((hsts, transport) =>
            (hsts.MaxAge, hsts.IncludeSubDomains) = (transport.Value.MaxAge, transport.Value.IncludeSubDomains));
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxyOptions>, FrontEndSet>((forwarded, proxies, frontEnds) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost
                | ForwardedHeaders.XForwardedPrefix;
            forwarded.ForwardLimit = null;   // every address in a trusted network is a proxy; the first that is not is the client
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            string[] ours = PublicAddress.Parse(proxies.Value.PublicUrl) is { } address ? [address.Host.Host] : PublicAddress.LoopbackHosts;
            forwarded.AllowedHosts = [.. ours, .. frontEnds.Named.SelectMany(one => one.Hosts).Select(host => host.Host)];
            foreach (var network in proxies.Value.TrustedProxies) { forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network)); }
        });
        services.AddSingleton<MatcherPolicy, OwnPaths.Policy>().AddSingleton(new ConfigurationRule(FrontEndPaths.Mistakes));
        services.AddSingleton<GuardMetrics>().AddSingleton<Refusals>();
        FrameworkSwitches.TakeOut(services);
        QuietLogs.Apply(services);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Opaque bytes (RFC 9110 section 5.5): one character each, and the same byte again when they are written. The default refuses the whole request for
            // a cookie that some other program of this host has set.
            kestrel.RequestHeaderEncodingSelector = kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        return builder;
    }

    /// <summary>Everything that must happen before a session is read.</summary>
    /// <param name="app">The program.</param>
    /// <param name="isWholeProgram">Else what is neither ours nor forwarded has its own body limits and errors, and is asked for by what comes later.</param>
    public static WebApplication UseGuard(this WebApplication app, bool isWholeProgram)
    {
        FrameworkSwitches.Explain(app);
        if (isWholeProgram) { app.UseProblemsForExceptions(); }
        app.UseSecurityHeaders();

        // With no known network the framework would believe every caller, so without trusted proxies the middleware stays out.
        if (app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value.TrustedProxies.Length > 0) { app.UseMiddleware<ForwardedAddress>(); }
        app.UseMiddleware<UntrustedProxy>();
        app.UseMiddleware<PublicHost>();   // after the host that a trusted proxy forwards, before anything that asks for our address
        if (!app.Environment.IsDevelopment()) { app.UseHsts(); }
        app.UseMiddleware<OneMeaning>();
        app.UseRouting();
        if (!isWholeProgram)
        {
            app.UseWhen(context => OwnPaths.Has(context.Request.Path) || OwnPaths.IsForwarded(context), ours => ours.UseProblemsForExceptions());
            app.UseMiddleware<ProblemResponses>();
        }

        app.UseBodyLimit(isWholeProgram);
        app.UseWhen(IsAboutCors, asked => asked.UseCors());
        app.UseMiddleware<OwnPaths>((IEndpointRouteBuilder)app);
        if (isWholeProgram) { app.UseMiddleware<NothingHere>(); }
        app.UseMiddleware<RequestGuard>();
        app.Use(app.Services.GetRequiredService<EndpointLimits>().InvokeAsync);
        app.Lifetime.ApplicationStarted.Register(() => OwnPaths.ExplainOverlaps(app, app.Services.GetRequiredService<ILogger<OwnPaths>>()));
        return app;
    }

    /// <summary>A store that is down is logged in one line, not by each request that meets it.</summary>
    public static IApplicationBuilder UseProblemsForExceptions(this IApplicationBuilder app) => app.UseExceptionHandler(new ExceptionHandlerOptions
    {
        ExceptionHandler = context => ProblemOf(context.Features.Get<IExceptionHandlerFeature>()?.Error).ExecuteAsync(context),
        SuppressDiagnosticsCallback = context => ProblemException.In(context.Exception) is not null,
    });

    /// <summary>It says nothing to others, but routing insists that endpoints with a policy of their own meet it.</summary>
    private static bool IsAboutCors(HttpContext context) => context.Request.Headers.Origin.Count > 0
        || (context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() is not null && !OwnPaths.IsForwarded(context));

    /// <summary>What cannot be read as a request is the caller's mistake.</summary>
    private static Problem ProblemOf(Exception? error) => error switch
    {
        BadHttpRequestException bad => new(bad.StatusCode, "bad_request", "This request cannot be understood."),
        _ when ProblemException.In(error) is { } known => known.Response,
        _ => new(StatusCodes.Status500InternalServerError, "internal_error", "Something went wrong here; it has been logged."),
    };

    /// <summary>A browser reaches these endpoints by script only, with the CSRF header.</summary>
    public static T RequireCsrfHeader<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new CsrfHeaderRequired());

    /// <summary>A browser reaches these endpoints by script that cannot add a header (<c>EventSource</c>); its origin has to be one of ours.</summary>
    public static T RequireOrigin<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new OriginRequired());
}

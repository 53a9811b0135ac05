using System.Text;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

internal static class GuardFeature
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    public static WebApplicationBuilder AddGuard(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<SpaOptions>("Bff:Spa");
        services.AddSettings<ProxyOptions>("Bff");
        services.AddCors();
        services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>().Configure<IOptionsMonitor<SpaOptions>>((cors, spa) =>
            cors.AddDefaultPolicy(policy => policy
                .SetIsOriginAllowed(origin => spa.CurrentValue.Origins.Contains(origin)).AllowCredentials().AllowAnyMethod().AllowAnyHeader()
                .WithExposedHeaders("Retry-After").SetPreflightMaxAge(PreflightMaxAge)));
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxyOptions>>((forwarded, proxies) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            forwarded.ForwardLimit = null;   // every address in a trusted network is a proxy; the first that is not is the client
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in proxies.Value.TrustedProxies) { forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network)); }
        });
        services.AddSingleton<GuardMetrics>();
        LogFormat.Apply(builder);
        QuietLogs.Apply(services);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        return builder;
    }

    /// <summary>Everything that must happen before a session is read.</summary>
    public static WebApplication UseGuard(this WebApplication app)
    {
        // With no known network the framework would believe every caller, so without trusted proxies the middleware stays out.
        if (app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value.TrustedProxies.Length > 0) { app.UseForwardedHeaders(); }
        app.UseRouting();   // after the forwarded host, which routes may match
        app.UseExceptionHandler(errors => errors.Run(context =>
            new Problem(StatusCodes.Status500InternalServerError, "internal_error", "Something went wrong here; it has been logged.").ExecuteAsync(context)));
        if (!app.Environment.IsDevelopment()) { app.UseHsts(); }
        app.UseSecurityHeaders();
        app.UseCors();
        app.UseMiddleware<RequestGuard>();
        return app;
    }

    /// <summary>A browser reaches these endpoints by script only, with the CSRF header.</summary>
    public static T RequireCsrfHeader<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new CsrfHeaderRequired());

    /// <summary>A browser reaches these endpoints by script that cannot add a header (<c>EventSource</c>); its origin has to be one of ours.</summary>
    public static T RequireOrigin<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new OriginRequired());
}

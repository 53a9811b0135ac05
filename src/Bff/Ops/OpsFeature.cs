using Bff.Configuration;
using Bff.Guard;
using Bff.Hosting;
using Bff.Ops.Admin;
using Bff.Ops.Health;
using Bff.Ops.Live;
using Bff.Ops.Page;
using Bff.Ops.Telemetry;
using Bff.Providers;

namespace Bff.Ops;

internal static class OpsFeature
{
    public static WebApplicationBuilder AddOps(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<OpsOptions>(OpsOptions.Section);
        builder.Services.AddSettings<AccessLogOptions>(AccessLogOptions.Section);
        builder.Services.AddSingleton<CredentialLimit>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.DefaultIgnoreCondition = OwnJson.Options.DefaultIgnoreCondition);
        OpsPort.Listen(builder);
        builder.Services.AddAdmin();
        builder.Services.AddLive();
        builder.Services.AddHealth(ProviderNames.Of(builder.AcceptedConfiguration()).All);
        builder.AddTelemetry();
        return builder;
    }

    /// <summary>
    /// A pipeline of its own, before the public one: a request of either port never sees the endpoints of the other. The drain stands before both.
    /// </summary>
    public static WebApplication MapOps(this WebApplication app)
    {
        app.AllowToStop<OpsOptions>(ops => ops.EffectiveDrain(app.Environment));
        app.Use(app.Services.GetRequiredService<Drain>().InvokeAsync);
        app.MapWhen(OpsPort.Received, ops =>
        {
            ops.UseProblemsForExceptions();
            ops.Use(AddHeadersAsync);
            ops.Use(app.Services.GetRequiredService<AuditedClient>().InvokeAsync);
            ops.UseRouting();
            ops.UseBodyLimit();
            ops.UseMiddleware<OpsGuard>();
            ops.UseEndpoints(MapEndpoints);
        });
        return app;
    }

    /// <summary>Around all that follows at the public port, so that what is written is what was sent.</summary>
    public static WebApplication UseAccessLog(this WebApplication app)
    {
        app.UseMiddleware<AccessLog>();
        return app;
    }

    private static void MapEndpoints(IEndpointRouteBuilder ops)
    {
        ops.MapHealth();
        ops.MapTelemetry();
        ops.MapLive();
        ops.MapAdmin();
        ops.MapPage(PageFeature.Read);
    }

    /// <summary>What an endpoint sets itself stays.</summary>
    private static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            headers.TryAdd("Cache-Control", "no-store");
            headers.TryAdd("Content-Security-Policy", Problem.ContentSecurityPolicy);
            return Task.CompletedTask;
        });
        return next(context);
    }
}

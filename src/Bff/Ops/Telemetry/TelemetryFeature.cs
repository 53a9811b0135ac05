using Bff.Providers;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Bff.Ops.Telemetry;

/// <summary>
/// What Bff reports about itself: metrics at <c>/metrics</c>; metrics, traces and logs by OTLP to where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says.
/// </summary>
internal static class TelemetryFeature
{
    public const string MetricsPath = "/metrics";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Of ours and of the framework. No label of theirs grows with users, addresses or paths.</summary>
    private static readonly string[] Meters = ["Bff.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private static readonly string[] Activities = ["Bff.*", "Yarp.ReverseProxy", "Npgsql"];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<BuildInfo>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService("bff", serviceVersion: BuildInfo.Read().Version, serviceInstanceId: NodeName.At(builder.Configuration["Bff:Ops:Url"]))
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        if (string.IsNullOrEmpty(builder.Configuration[Endpoint])) { return; }

        telemetry
            .WithTracing(traces => traces
                .AddSource(Activities)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !OpsPort.Received(context))
                .AddHttpClientInstrumentation()
                .AddProcessor(new ScrubbedActivities()))
            .WithLogging(configureBuilder: null, logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (true, true))
            .UseOtlpExporter();
    }

    public static void MapTelemetry(this IEndpointRouteBuilder ops)
    {
        ops.ServiceProvider.GetRequiredService<BuildInfo>();         // nobody else would make it
        ops.ServiceProvider.GetRequiredService<ProviderMetrics>();   // there from the start, as all counters are
        ops.MapPrometheusScrapingEndpoint(MetricsPath).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    }
}

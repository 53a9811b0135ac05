using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>What an orchestrator asks. Probes need no token and leave no log line.</summary>
internal static class HealthFeature
{
    public const string LivePath = "/healthz";
    public const string ReadyPath = "/readyz";
    public const string StartedPath = "/startupz";

    /// <summary>Tags the checks that decide readiness.</summary>
    public const string Ready = "ready";

    private const string Started = "started";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<Drain>().AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHealthChecks()
            .AddCheck<StoreCheck>("store", tags: [Ready], timeout: Limit)
            .AddCheck<KeysCheck>("keys", tags: [Ready], timeout: Limit)
            .AddCheck<ProviderCheck>("provider", tags: [Ready], timeout: Limit)
            .AddCheck<ConfigurationCheck>("configuration", tags: [Ready])
            .AddCheck<Drain>("drain", tags: [Ready])
            .AddCheck<StartedCheck>("started", tags: [Started]);
    }

    public static void MapHealth(this IEndpointRouteBuilder ops)
    {
        Map(LivePath, _ => false);   // whoever can answer this lives
        Map(ReadyPath, check => check.Tags.Contains(Ready));
        Map(StartedPath, check => check.Tags.Contains(Started));

        void Map(string path, Func<HealthCheckRegistration, bool> checks) => ops
            .MapHealthChecks(path, new HealthCheckOptions { Predicate = checks, ResponseWriter = WriteAsync })
            .WithMetadata(new OpenToProbes(), new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        Status = report.Status.ToString(),
        Checks = report.Entries.ToDictionary(entry => entry.Key, entry => new { Status = entry.Value.Status.ToString(), Detail = entry.Value.Description }),
    });
}

using System.Text.RegularExpressions;
using Bff.Providers.Named;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>What an orchestrator asks. Probes need no token and leave no log line.</summary>
internal static partial class HealthFeature
{
    public const string LivePath = "/healthz";
    public const string ReadyPath = "/readyz";
    public const string StartedPath = "/startupz";

    /// <summary>Tags the checks that decide readiness.</summary>
    public const string Ready = "ready";

    private const string Started = "started";

    private const int MaxDetail = 500;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    public static void AddHealth(this IServiceCollection services, IReadOnlyList<string> providers)
    {
        services.AddSingleton<ListenSockets>().AddOptions<SocketTransportOptions>().Configure<ListenSockets>(
            (transport, sockets) => transport.CreateBoundListenSocket = sockets.Bind);
        services.AddSingleton<Drain>().AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<Probes>().AddSingleton<StoreProbes>().AddSingleton<StoreCheck>();
        services.AddSingleton<Readiness>().AddHostedService(provider => provider.GetRequiredService<Readiness>());
        var checks = services.AddHealthChecks()
            .AddCheck<StoreCheck>("store", tags: [Ready], timeout: Limit)
            .AddCheck<KeysCheck>("keys", tags: [Ready], timeout: Limit)
            .AddCheck<ConfigurationCheck>("configuration", tags: [Ready])
            .AddCheck<Drain>("drain", tags: [Ready])
            .AddCheck<StartedCheck>("started", tags: [Started]);
        foreach (var name in providers)
        {
            services.AddKeyedSingleton(name, (provider, _) =>
                ActivatorUtilities.CreateInstance<ProviderCheck>(provider, provider.GetRequiredService<ProviderSet>()[name]));
            checks.Add(new(
                ProviderCheck.NameOf(name), provider => provider.GetRequiredKeyedService<ProviderCheck>(name), failureStatus: null, [Ready], Limit));
        }
    }

    public static void MapHealth(this IEndpointRouteBuilder ops)
    {
        Map(LivePath, "");   // whoever can respond to this is alive
        Map(ReadyPath, Ready);
        Map(StartedPath, Started);

        void Map(string path, string tag) => ops
            .MapMethods(
                path,
                [HttpMethods.Get, HttpMethods.Head],
                async (HttpContext context, Probes probes) => await WriteAsync(context, await probes.ReportAsync(tag, context.RequestAborted)))
            .WithMetadata(new OpenToProbes());
    }

    /// <summary>What is wrong is said to operators only: it may name hosts and paths. Others get the status.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var detailed = Operator.Find(context) is not null;
        context.Response.StatusCode = report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return context.Response.WriteAsJsonAsync(new
        {
            Status = report.Status.ToString(),
            Checks = report.Entries.ToDictionary(
                entry => entry.Key, entry => new { Status = entry.Value.Status.ToString(), Detail = detailed ? Detail(entry.Value.Description) : null }),
        });
    }

    /// <summary>An exception's text may quote an address as it was configured, credentials included.</summary>
    public static string? Detail(string? description) =>
        description is null ? null : Printable.Text(Address().Replace(description, match => Printable.Address(match.Value)), MaxDetail);

    [GeneratedRegex("""https?://[^\s'"<>]+""", RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}

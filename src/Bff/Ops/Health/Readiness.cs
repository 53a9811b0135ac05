using System.Diagnostics.Metrics;
using Bff.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>What <c>/readyz</c> would say, every few seconds and for Prometheus, which does not ask there (meter <c>Bff.Health</c>).</summary>
internal sealed class Readiness : PeriodicService
{
    public const string MeterName = "Bff.Health";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Probes _probes;
    private readonly Meter _meter;
    private volatile HealthReport? _last;

    public Readiness(Probes probes, IMeterFactory meters, TimeProvider clock, ILogger<Readiness> logger)
        : base(Interval, clock, logger)
    {
        (_probes, _meter) = (probes, meters.Create(MeterName));
        _meter.CreateObservableGauge("bff.ready", Checks, "{state}", "1 while this check lets the node be ready, 0 while it does not.");
    }

    /// <summary>At the last check; true until then.</summary>
    public bool IsReady => _last?.Status != HealthStatus.Unhealthy;

    protected override async Task RunAsync(CancellationToken cancellationToken) => _last = await _probes.ReportAsync(HealthFeature.Ready, cancellationToken);

    private IEnumerable<Measurement<int>> Checks() => _last?.Entries.Select(
        entry => new Measurement<int>(entry.Value.Status == HealthStatus.Unhealthy ? 0 : 1, new KeyValuePair<string, object?>("check", entry.Key))) ?? [];

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }
}

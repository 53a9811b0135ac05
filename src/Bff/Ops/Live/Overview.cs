using System.Reflection;
using Bff.Ops.Health;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Tokens.Throttling;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Live;

/// <summary><c>GET /overview</c>: everything the ops page draws, in one answer.</summary>
internal sealed class Overview(OpsHistory history, ISessionStore store, HealthCheckService health, TokenCallGate gate, TimeProvider clock)
{
    /// <summary>Five minutes ahead.</summary>
    private const int StepsAhead = 30;

    private static readonly string Version =
        typeof(Overview).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static async Task<IResult> Handle(Overview overview, CancellationToken cancel) => Results.Ok(await overview.LookAsync(cancel));

    private async Task<object> LookAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var checks = await health.CheckHealthAsync(check => check.Tags.Contains(HealthFeature.Ready), cancel);
        var (moments, ends, storeTook) = history.Read();
        var (active, upcoming) = await CountAsync(now, cancel);
        return new
        {
            Now = now,
            Node = Environment.MachineName,
            Version,
            history.StartedAt,
            Ready = checks.Status == HealthStatus.Healthy,
            Checks = checks.Entries.ToDictionary(entry => entry.Key, entry => new { Healthy = entry.Value.Status == HealthStatus.Healthy, Detail = entry.Value.Description }),
            StoreTook = storeTook?.TotalSeconds,
            Breaker = Word(gate.State),
            Renewals = new { InFlight = gate.Running, gate.Waiting },
            StepSeconds = OpsHistory.Step.TotalSeconds,
            LateAfterSeconds = OpsHistory.LateAfter.TotalSeconds,
            History = moments.Select(moment => new
            {
                moment.At, moment.Started, moment.Ended, moment.Renewed, moment.Late, moment.Failed, moment.Active, moment.Backlog, Breaker = Word(moment.Breaker),
            }),
            Active = active,
            Upcoming = upcoming,
            Ends = ends,
        };
    }

    private async Task<(long? Active, IReadOnlyList<long>? Upcoming)> CountAsync(DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            return ((await store.CountAsync(now, cancel)).Living, await store.CountUpcomingAsync(now, OpsHistory.Step, StepsAhead, cancel));
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return (null, null);   // the store's own check says why
        }
    }

    /// <summary>As words, not numbers, since people read them in the answer too.</summary>
    private static string Word(BreakerState state) => state switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "half_open",
        _ => "closed",
    };
}

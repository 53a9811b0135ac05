using System.Globalization;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Ops.Health;
using Bff.Ops.Telemetry;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Renewal;
using Bff.Sessions.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Live;

/// <summary><c>GET /overview</c>: everything the ops page draws, in one response; what is wrong comes first.</summary>
internal sealed class Overview(
    OpsHistory history, RoutesView routes, Nodes nodes, Certificates certificates, ConfigurationReload configuration, ProviderMetrics responses,
    RenewalMetrics renewals, SessionCounts sessions, StoreHealth store, Probes probes, ProviderSet providers, FrontEndSet frontEnds, TimeProvider clock)
{
    /// <summary>Of a route's calls: as the alert rule has it.</summary>
    private const double FailingShare = 0.05;

    /// <summary>One call of three that fails at night is no outage.</summary>
    private const int MinFailures = 5;

    private const int MaxDetail = 300;

    private static readonly TimeSpan CertificateSoon = TimeSpan.FromDays(14), CertificateVerySoon = TimeSpan.FromDays(2);

    public static async Task<IResult> Handle(Overview overview, CancellationToken cancellationToken) => Results.Ok(await overview.LookAsync(cancellationToken));

    private async Task<object> LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (counting, checking) = (sessions.LookAheadAsync(cancellationToken), probes.ReportAsync(HealthFeature.Ready, cancellationToken));
        var (counted, checks) = (await counting, await checking);
        var (awaySince, last) = (store.Since, sessions.Last);
        var (active, counts) = awaySince is null ? (last.Sessions?.Living, counted) : (null, null);
        var (moments, ends) = history.Read();
        var (calls, clusters) = (routes.Routes(), routes.Clusters());
        var worst = providers.All.MaxBy(provider => provider.Gate.State)!;
        var breaker = worst.Gate.State;
        return new
        {
            Now = now,
            Node = nodes.Name,
            BuildInfo.Read().Version,
            history.StartedAt,
            Ready = checks.Status != HealthStatus.Unhealthy,
            Troubles = Troubles(now, checks, awaySince, active is null ? null : counts, calls, clusters, moments),
            Checks = checks.Entries.ToDictionary(
                entry => entry.Key,
                entry => new { Healthy = entry.Value.Status == HealthStatus.Healthy, Detail = HealthFeature.Detail(entry.Value.Description) }),
            StoreTook = last.StoreTook?.TotalSeconds,
            StoreAwaySince = awaySince,
            Breaker = Word(breaker),
            worst.Gate.NextProbeAt,
            ProviderFailure = responses.LastFailureOf(worst.Name),
            Providers = providers.All.Select(provider => new
            {
                provider.Name, Check = ProviderCheck.NameOf(provider.Name), Breaker = Word(provider.Gate.State), provider.Gate.NextProbeAt,
                LastFailure = responses.LastFailureOf(provider.Name), InFlight = provider.Gate.Running, provider.Gate.Waiting,
            }),
            FrontEnds = frontEnds.All.Select(frontEnd => new
            {
                frontEnd.Name, Hosts = frontEnd.Hosts.Select(host => host.Value), PathBase = frontEnd.PathBase.Value, frontEnd.Providers,
            }),
            Renewals = new
            {
                InFlight = providers.All.Sum(provider => provider.Gate.Running), Waiting = providers.All.Sum(provider => provider.Gate.Waiting),
                Renewed = renewals.RenewedSoFar,
            },
            StepSeconds = OpsHistory.Step.TotalSeconds,
            LateAfterSeconds = SessionCounts.LateAfter.TotalSeconds,
            History = moments.Select(moment => new
            {
                moment.At, moment.Started, moment.Ended, moment.Renewed, moment.Late, moment.Failed, moment.Active, moment.Backlog,
                Breaker = Word(moment.Breaker),
            }),
            Active = active,
            Upcoming = counts?.UpcomingFrom(now),
            counts?.Trouble.Late,
            counts?.Trouble.Expired,
            counts?.Trouble.ExpiredSince,
            Ends = ends,
            CallSeconds = CallHistory.Window.TotalSeconds,
            Routes = calls,
            Clusters = clusters,
            Nodes = nodes.Others.Select(other => new
            {
                other.Node.Name, other.Node.Version, other.Node.Url, other.Node.StartedAt, other.Node.SeenAt, other.Node.Ready, Alive = other.IsAlive,
                other.Node.Renewals,
            }),
            Configuration = new
            {
                State = ConfigurationState(), Since = configuration.DiffersSince, configuration.Mistakes, Waiting = configuration.WaitingForRestart,
            },
            Certificates = certificates.Ends(),
        };
    }

    private List<Trouble> Troubles(
        DateTimeOffset now, HealthReport checks, DateTimeOffset? storeAwaySince, SessionCounts.Outlook? counts, IReadOnlyList<RouteView> calls,
        IReadOnlyList<ClusterView> clusters, IReadOnlyList<Moment> moments)
    {
        var found = new List<Trouble>();
        if (storeAwaySince is not null)
        {
            found.Add(Trouble.Bad(
                "store_away",
                "The session store is not responding: nobody can sign in, nothing is renewed, and only users who were active a moment ago are served.",
                storeAwaySince));
        }
        else if (counts is null)
        {
            found.Add(Trouble.Warning("counts_unknown", "Counts are unknown: the session store responds, but did not count its sessions in time."));
        }
        else if (counts.Trouble.Expired > 0)
        {
            var text = counts.Trouble.Expired == 1
                ? "One user’s access token has expired: their calls fail."
                : $"{counts.Trouble.Expired:N0} sessions’ access tokens have expired: their users’ calls fail.";
            found.Add(Trouble.Bad("tokens_expired", text, counts.Trouble.ExpiredSince));
        }

        foreach (var (index, provider) in providers.All.Index())
        {
            if (BreakerSince(moments, index, provider.Gate.State) is not { } since) { continue; }
            var name = providers.All.Count == 1 ? "The provider" : $"Provider {provider.Name}";
            found.Add(Trouble.Bad("provider_away", $"{name} does not renew tokens{LastFailure(provider)}", since));
        }

        found.AddRange(calls.Where(IsFailing).Select(route => Trouble.Bad(
            "calls_failing",
            $"{Share(route.Calls.ServerErrors, route.Calls.Calls)} of the calls to {Printable.Text(route.Id)} in the last five minutes failed with 5xx.")));
        foreach (var (name, check) in checks.Entries.Where(entry => entry.Value.Status == HealthStatus.Unhealthy
            && !(entry.Key == "store" && storeAwaySince is not null)))
        {
            found.Add(name == "drain"
                ? Trouble.Warning("draining", "This node is stopping.")
                : Trouble.Bad("not_ready", $"Not ready: {name}. {HealthFeature.Detail(check.Description)}"));
        }

        if (counts is { Trouble: { Late: > 0 } trouble } && trouble.Late > trouble.Expired)
        {
            found.Add(Trouble.Warning("renewals_late", $"{trouble.Late - trouble.Expired:N0} renewals are late or failing; their tokens are still valid."));
        }

        found.AddRange(clusters.SelectMany(
            cluster => cluster.Destinations.Where(destination => destination.Health == nameof(Yarp.ReverseProxy.Model.DestinationHealth.Unhealthy)),
            (cluster, destination) => Trouble.Warning("destination_unhealthy", $"{Printable.Text(cluster.Id)}: {destination.Address} is unhealthy.")));
        found.AddRange(ConfigurationTroubles());
        found.AddRange(CertificateTroubles(now));
        found.AddRange(nodes.Others.Where(other => other.IsAlive == false)
            .Select(other => Trouble.Warning("node_gone", $"Node {other.Node.Name} has stopped reporting.", other.Node.SeenAt)));
        return [.. found.OrderBy(trouble => trouble.Level, StringComparer.Ordinal)];
    }

    private IEnumerable<Trouble> CertificateTroubles(DateTimeOffset now) =>
        from end in certificates.Ends()
        where end.NotAfter - now < CertificateSoon && !end.Key.EndsWith("KeyCertificate", StringComparison.Ordinal)
        let text = $"The certificate {end.Key} ({end.Subject}) expires on {end.NotAfter.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}."
        select end.NotAfter - now < CertificateVerySoon ? Trouble.Bad("certificate_ends", text) : Trouble.Warning("certificate_ends", text);

    /// <summary>From the first of the steps in which it was not closed, without one between; null while it is closed.</summary>
    private static DateTimeOffset? BreakerSince(IReadOnlyList<Moment> moments, int provider, BreakerState now)
    {
        if (now == BreakerState.Closed) { return null; }
        var open = moments.SkipLast(1).Reverse().TakeWhile(moment => moment.Breakers[provider] != BreakerState.Closed);
        return (open.LastOrDefault() ?? moments[^1]).At;
    }

    private IEnumerable<Trouble> ConfigurationTroubles()
    {
        if (configuration.Mistakes.Count > 0)
        {
            yield return Trouble.Warning(
                "configuration_refused",
                "The configuration files have mistakes and are not in use; a restart would fail: "
                    + Printable.Text(string.Join("; ", configuration.Mistakes), MaxDetail),
                configuration.DiffersSince);
        }
        else if (configuration.WaitingForRestart.Count > 0)
        {
            yield return Trouble.Warning(
                "restart_needed",
                "A restart is needed for changes to: " + Printable.Text(string.Join(", ", configuration.WaitingForRestart), MaxDetail),
                configuration.DiffersSince);
        }
    }

    private string ConfigurationState() =>
        configuration.Mistakes.Count > 0 ? "refused" : configuration.WaitingForRestart.Count > 0 ? "restart_needed" : "in_use";

    private string LastFailure(Provider provider)
    {
        if (responses.LastFailureOf(provider.Name) is not { } last) { return "."; }
        var detail = last.Detail.Length > 0 ? $" ({last.Detail})" : "";
        return $": {last.Endpoint} endpoint, {last.Outcome}{detail}.";
    }

    private static bool IsFailing(RouteView route) =>
        route.Calls.ServerErrors >= MinFailures && route.Calls.ServerErrors > FailingShare * route.Calls.Calls;

    private static string Share(int part, int all) => part == all ? "All" : (100.0 * part / all).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    /// <summary>As names, not numbers, since people read the response, too.</summary>
    private static string Word(BreakerState state) => state switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "half_open",
        _ => "closed",
    };
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

/// <summary>
/// A step of YARP's pipeline for requests that ask for a WebSocket or an event stream: gives them a place, and lets them be quiet for longer than YARP's 100
/// seconds once the upstream has responded.
/// </summary>
internal sealed class LongConnections(RequestDelegate next, ConnectionLimits limits, IOptionsMonitor<ForwardingOptions> options, TimeProvider clock)
{
    /// <summary>YARP's own default, which would count for the response's headers, too.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(100);

    private readonly ConditionalWeakTable<ClusterModel, Patient> _clusters = [];

    /// <summary>A cluster as it is but for its timeout.</summary>
    private sealed record Patient(TimeSpan Timeout, ClusterModel Cluster);

    public Task InvokeAsync(HttpContext context)
    {
        if (Upgrades.IsRequestedBy(context)) { return limits.TakePlace(context) is { } problem ? problem.ExecuteAsync(context) : WithPatienceAsync(context); }
        return Upgrades.IsEventStreamRequestedBy(context) ? WithPatienceAsync(context) : next(context);
    }

    private async Task WithPatienceAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.Cluster.Config.HttpRequest?.ActivityTimeout is not null)
        {
            await next(context);
            return;
        }

        context.Features.Set<IReverseProxyFeature>(new PatientFeature(proxy, PatientOf(proxy.Cluster)));
        using var wait = new HeadersWait(context, HeadersTimeout, clock);
        await next(context);
    }

    private ClusterModel PatientOf(ClusterModel cluster)
    {
        var timeout = options.CurrentValue.StreamActivityTimeout;
        if (_clusters.TryGetValue(cluster, out var patient) && patient.Timeout == timeout) { return patient.Cluster; }
        var request = (cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = timeout };
        patient = new Patient(timeout, new ClusterModel(cluster.Config with { HttpRequest = request }, cluster.HttpClient));
        _clusters.AddOrUpdate(cluster, patient);
        return patient.Cluster;
    }

    /// <summary>The pipeline's own feature does not let its cluster be set.</summary>
    private sealed class PatientFeature(IReverseProxyFeature feature, ClusterModel cluster) : IReverseProxyFeature
    {
        public RouteModel Route => feature.Route;

        public ClusterModel Cluster => cluster;

        public IReadOnlyList<DestinationState> AllDestinations => feature.AllDestinations;

        public IReadOnlyList<DestinationState> AvailableDestinations
        {
            get => feature.AvailableDestinations;
            set => feature.AvailableDestinations = value;
        }

        public DestinationState? ProxiedDestination
        {
            get => feature.ProxiedDestination;
            set => feature.ProxiedDestination = value;
        }
    }
}

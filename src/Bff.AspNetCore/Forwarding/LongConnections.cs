using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

/// <summary>
/// A step of YARP's pipeline for requests that ask for a connection that stays: gives them a place, and lets them be quiet for longer than YARP's 100 seconds
/// once the upstream has responded. When they have been quiet for too long they are told so (<see cref="LongLivedRequests"/>), while YARP could only cut them.
/// </summary>
internal sealed class LongConnections(RequestDelegate next, ConnectionLimits limits, IOptionsMonitor<ForwardingOptions> options, TimeProvider clock)
{
    /// <summary>YARP's own default, which would count for the response's headers, too.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(100);

    /// <summary>YARP cuts what is there so long after it should have ended.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(10);

    private readonly ConditionalWeakTable<ClusterModel, ConcurrentDictionary<TimeSpan, ClusterModel>> _patient = [];

    public Task InvokeAsync(HttpContext context)
    {
        var policy = StreamPolicy.Of(context);
        if (policy.EndsWithToken) { context.Features.Set(new SentToken()); }
        var isGrpc = policy.ActivityTimeout is not null && Upgrades.IsGrpc(context.Request.ContentType);
        if (isGrpc || Upgrades.IsRequestedBy(context))
        {
            return limits.TakePlace(context) is { } problem ? problem.ExecuteAsync(context) : WithPatienceAsync(context, policy, isGrpc);
        }

        return Upgrades.IsEventStreamRequestedBy(context) ? WithPatienceAsync(context, policy, isGrpc: false) : next(context);
    }

    /// <param name="context">The request.</param>
    /// <param name="policy">Of its route.</param>
    /// <param name="isGrpc">A service sends its headers with its first message, for which a caller waits as for any other.</param>
    private async Task WithPatienceAsync(HttpContext context, StreamPolicy policy, bool isGrpc)
    {
        var proxy = context.GetReverseProxyFeature();
        var ofCluster = proxy.Cluster.Config.HttpRequest?.ActivityTimeout;
        var timeout = policy.ActivityTimeout ?? ofCluster ?? options.CurrentValue.StreamActivityTimeout;
        context.Features.Set<IReverseProxyFeature>(new PatientFeature(proxy, PatientOf(proxy.Cluster, timeout + Reserve)));
        using var wait = new HeadersWait(context, isGrpc ? timeout : ofCluster ?? HeadersTimeout, timeout, clock);
        await next(context);
        context.Features.Set(proxy);   // a call that is sent again has no more patience than the first time
    }

    /// <summary>A cluster as it is but for its timeout.</summary>
    private ClusterModel PatientOf(ClusterModel cluster, TimeSpan timeout) => _patient.GetOrCreateValue(cluster).GetOrAdd(
        timeout,
        static (timeout, cluster) => new ClusterModel(
            cluster.Config with { HttpRequest = (cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = timeout } },
            cluster.HttpClient),
        cluster);

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

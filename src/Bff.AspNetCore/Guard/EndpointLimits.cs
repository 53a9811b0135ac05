using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// A step of the pipeline that holds the limits of endpoints (<see cref="Limited"/>). The framework's own would share its one response with the limits of a
/// program around us, and its timer goes on, with all that it knows, after the program has stopped.
/// </summary>
internal sealed class EndpointLimits : IDisposable
{
    private const int MaxWaiting = 50;

    private readonly IOptionsMonitor<RateLimitOptions> _options;
    private readonly SharedCounts _shared;
    private readonly Refusals _refusals;
    private readonly PartitionedRateLimiter<HttpContext> _windows, _places, _limiter;

    public EndpointLimits(IOptionsMonitor<RateLimitOptions> options, SharedCounts shared, Refusals refusals)
    {
        (_options, _shared, _refusals) = (options, shared, refusals);
        _windows = PartitionedRateLimiter.Create<HttpContext, (string Limit, int Bucket, int Permits, int Wait)>(WindowOf);
        _places = PartitionedRateLimiter.Create<HttpContext, (string Limit, int Bucket, int AtOnce)>(PlacesOf);
        _limiter = PartitionedRateLimiter.CreateChained(_windows, _places);
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Limited>() is null ? next(context) : AskAsync(context, next);

    private async Task AskAsync(HttpContext context, RequestDelegate next)
    {
        RateLimitLease lease;
        try
        {
            lease = await _limiter.AcquireAsync(context, cancellationToken: context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;   // nobody waits any longer
        }

        using (lease) { await (lease.IsAcquired ? next(context) : RefuseAsync(context, RateLimits.RetryAfter(lease))); }
    }

    /// <summary>
    /// How many in a minute; counts the request, so it is to be asked once. A partition's limiter must be the window itself: one inside another limiter, as in a
    /// chain, is never refilled.
    /// </summary>
    public RateLimitPartition<(string Limit, int Bucket, int Permits, int Wait)> WindowOf(HttpContext context)
    {
        var (limits, limit, apart) = (_options.CurrentValue, LimitOf(context), IsApart(context));
        var permits = limit is RateLimits.Callback or RateLimits.SignedOut ? limits.Callback : limits.SignIn;
        if (ClientAddress.Of(context) is not { } client) { return RateLimitPartition.GetNoLimiter((limit, 0, 0, 0)); }
        if (permits > 0 && _shared.TryCount(apart ? limit + "-apart" : limit, client, permits) is { } wait) { return SpentFor(limit, wait); }
        var window = RateLimits.Partition(client, permits, apart);
        return RateLimitPartition.Get((limit, window.PartitionKey.Bucket, permits, 0), _ => window.Factory(window.PartitionKey));
    }

    /// <summary>How many at once.</summary>
    private RateLimitPartition<(string Limit, int Bucket, int AtOnce)> PlacesOf(HttpContext context)
    {
        var (limit, places) = (LimitOf(context), _options.CurrentValue.AtOnce);
        if (places == 0 || ClientAddress.Of(context) is not { } client) { return RateLimitPartition.GetNoLimiter((limit, 0, 0)); }
        return RateLimitPartition.GetConcurrencyLimiter((limit, RateLimits.BucketOf(client, IsApart(context)), places), _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = places,
            QueueLimit = MaxWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }

    private static string LimitOf(HttpContext context) => context.GetEndpoint()!.Metadata.GetRequiredMetadata<Limited>().By;

    private static bool IsApart(HttpContext context) => context.GetEndpoint()!.Metadata.GetMetadata<CountedApart>()?.IsApart(context) == true;

    private static RateLimitPartition<(string Limit, int Bucket, int Permits, int Wait)> SpentFor(string limit, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds);
        return RateLimitPartition.Get<(string, int, int, int)>((limit, 0, -1, (int)seconds), _ => new Spent(TimeSpan.FromSeconds(seconds)));
    }

    private Task RefuseAsync(HttpContext context, TimeSpan retryAfter)
    {
        _refusals.Count(context, RateLimits.Code);
        IResult response = context.GetEndpoint()?.Metadata.GetMetadata<WhenTooMany>()?.Response(context) ?? RateLimits.TooMany(retryAfter);
        return response.ExecuteAsync(context);
    }

    public void Dispose()
    {
        _limiter.Dispose();
        _windows.Dispose();
        _places.Dispose();
    }
}

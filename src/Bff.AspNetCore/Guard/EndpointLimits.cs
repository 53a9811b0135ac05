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
    private readonly PartitionedRateLimiter<HttpContext> _limiter;

    public EndpointLimits(IOptionsMonitor<RateLimitOptions> options, SharedCounts shared, Refusals refusals)
    {
        (_options, _shared, _refusals) = (options, shared, refusals);
        _limiter = PartitionedRateLimiter.Create<HttpContext, (string Limit, int Bucket, int Permits, int AtOnce)>(PartitionOf);
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

    private RateLimitPartition<(string Limit, int Bucket, int Permits, int AtOnce)> PartitionOf(HttpContext context)
    {
        var metadata = context.GetEndpoint()!.Metadata;
        var (limits, limit) = (_options.CurrentValue, metadata.GetRequiredMetadata<Limited>().By);
        var permits = limit is RateLimits.Callback or RateLimits.SignedOut ? limits.Callback : limits.SignIn;
        var apart = metadata.GetMetadata<CountedApart>()?.IsApart(context) == true;
        if (ClientAddress.Of(context) is not { } client) { return RateLimitPartition.GetNoLimiter((limit, 0, 0, 0)); }
        if (permits > 0 && _shared.TryCount(apart ? limit + "-apart" : limit, client, permits) is { } wait) { return SpentFor(limit, wait); }
        var (window, bucket) = (RateLimits.Partition(client, permits, apart), ClientAddress.BucketOf(client));
        return RateLimitPartition.Get((limit, apart ? ~bucket : bucket, permits, limits.AtOnce), _ => limits.AtOnce == 0
            ? window.Factory(window.PartitionKey) : RateLimiter.CreateChained(window.Factory(window.PartitionKey), AtOnce(limits.AtOnce)));
    }

    private static RateLimitPartition<(string Limit, int Bucket, int Permits, int AtOnce)> SpentFor(string limit, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds);
        return RateLimitPartition.Get<(string, int, int, int)>((limit, 0, (int)seconds, -1), _ => new Spent(TimeSpan.FromSeconds(seconds)));
    }

    private static ConcurrencyLimiter AtOnce(int places) =>
        new(new() { PermitLimit = places, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private Task RefuseAsync(HttpContext context, TimeSpan retryAfter)
    {
        _refusals.Count(context, RateLimits.Code);
        IResult response = context.GetEndpoint()?.Metadata.GetMetadata<WhenTooMany>()?.Response(context) ?? RateLimits.TooMany(retryAfter);
        return response.ExecuteAsync(context);
    }

    public void Dispose() => _limiter.Dispose();
}

using System.Net;
using System.Threading.RateLimiting;
using Bff.Configuration;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>Limits per client address, for what anybody may ask and what makes us work.</summary>
internal static class RateLimits
{
    /// <summary>Policies for endpoints (<c>RequireRateLimiting</c>).</summary>
    public const string SignIn = "sign-in", Callback = "callback", SignedOut = "signed-out", OwnSessions = "own-sessions";

    public const string Code = "too_many_requests";

    private const int MaxWaiting = 50;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddSettings<RateLimitOptions>(RateLimitOptions.Section);
        services.AddSingleton<SharedCounts>().AddHostedService(provider => provider.GetRequiredService<SharedCounts>());
        services.AddRateLimiter(limiter =>
        {
            limiter.AddPolicy(SignIn, context => For(SignIn, context, limits => limits.SignIn));
            limiter.AddPolicy(Callback, context => For(Callback, context, limits => limits.Callback));
            limiter.AddPolicy(SignedOut, context => For(SignedOut, context, limits => limits.Callback));
            limiter.AddPolicy(OwnSessions, context => For(OwnSessions, context, limits => limits.SignIn));
        });
        services.PostConfigure<RateLimiterOptions>(limiter => limiter.OnRejected = RefusalOf(limiter.OnRejected));
    }

    /// <param name="ofProgram">What the program around us says at its own endpoints; null for nothing but the status.</param>
    private static Func<OnRejectedContext, CancellationToken, ValueTask> RefusalOf(Func<OnRejectedContext, CancellationToken, ValueTask>? ofProgram) =>
        (rejected, cancellationToken) => OwnPaths.Has(rejected.HttpContext.Request.Path) || OwnPaths.IsForwarded(rejected.HttpContext)
            ? new ValueTask(RefuseAsync(rejected.HttpContext, RetryAfter(rejected.Lease)))
            : ofProgram?.Invoke(rejected, cancellationToken) ?? default;

    /// <summary>One budget per address.</summary>
    /// <param name="client">Null on a Unix socket: whoever listens there has a proxy in front, which has to do this.</param>
    /// <param name="permits">Part of the key, so that another number counts at once; 0 for no limit.</param>
    /// <param name="apart">A second budget of the same size.</param>
    public static RateLimitPartition<(int Bucket, int Permits)> Partition(IPAddress? client, int permits, bool apart = false)
    {
        if (client is null || permits == 0) { return RateLimitPartition.GetNoLimiter((0, 0)); }
        var bucket = ClientAddress.BucketOf(client);
        return RateLimitPartition.GetFixedWindowLimiter(
            (apart ? ~bucket : bucket, permits), _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = Window, QueueLimit = 0 });
    }

    public static TimeSpan RetryAfter(RateLimitLease lease) => lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;

    public static Problem TooMany(TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, Code, "Too many requests from your address.", "Wait a moment; nothing is lost.", retryAfter);

    private static RateLimitPartition<(int Bucket, int Permits, int AtOnce)> For(string policy, HttpContext context, Func<RateLimitOptions, int> permits)
    {
        var limits = context.RequestServices.GetRequiredService<IOptionsMonitor<RateLimitOptions>>().CurrentValue;
        var apart = context.GetEndpoint()?.Metadata.GetMetadata<CountedApart>()?.IsApart(context) == true;
        if (ClientAddress.Of(context) is not { } client) { return RateLimitPartition.GetNoLimiter((0, 0, 0)); }
        if (CountForAll(context, apart ? policy + "-apart" : policy, client, permits(limits)) is { } wait)
        {
            var seconds = Math.Ceiling(wait.TotalSeconds);
            return RateLimitPartition.Get<(int Bucket, int Permits, int AtOnce)>((0, (int)seconds, -1), _ => new Spent(TimeSpan.FromSeconds(seconds)));
        }

        var window = Partition(client, permits(limits), apart);
        var bucket = ClientAddress.BucketOf(client);
        return RateLimitPartition.Get((apart ? ~bucket : bucket, permits(limits), limits.AtOnce), _ => limits.AtOnce == 0
            ? window.Factory(window.PartitionKey) : RateLimiter.CreateChained(window.Factory(window.PartitionKey), AtOnce(limits.AtOnce)));
    }

    /// <summary>Once for a request: who has to wait for a place is looked at again.</summary>
    private static TimeSpan? CountForAll(HttpContext context, string kind, IPAddress client, int permits)
    {
        if (permits == 0) { return null; }
        if (context.Items.TryGetValue(typeof(SharedCounts), out var counted)) { return (TimeSpan?)counted; }
        var wait = context.RequestServices.GetRequiredService<SharedCounts>().TryCount(kind, client, permits);
        context.Items[typeof(SharedCounts)] = wait;
        return wait;
    }

    private static ConcurrencyLimiter AtOnce(int places) =>
        new(new() { PermitLimit = places, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private static Task RefuseAsync(HttpContext context, TimeSpan retryAfter)
    {
        context.RequestServices.GetRequiredService<Refusals>().Count(context, Code);
        IResult response = context.GetEndpoint()?.Metadata.GetMetadata<WhenTooMany>()?.Response(context) ?? TooMany(retryAfter);
        return response.ExecuteAsync(context);
    }
}

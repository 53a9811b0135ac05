using System.Net;
using System.Threading.RateLimiting;
using Bff.Configuration;

namespace Bff.Guard;

/// <summary>Limits per client address, for what anybody may ask and what makes us work.</summary>
internal static class RateLimits
{
    /// <summary>Of endpoints (<see cref="RequireLimit{T}"/>).</summary>
    public const string SignIn = "sign-in", Callback = "callback", SignedOut = "signed-out", OwnSessions = "own-sessions";

    public const string Code = "too_many_requests";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddSettings<RateLimitOptions>(RateLimitOptions.Section);
        services.AddSingleton<SharedCounts>().AddHostedService(provider => provider.GetRequiredService<SharedCounts>());
    }

    public static T RequireLimit<T>(this T endpoints, string limit)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new Limited(limit));

    /// <summary>One budget per address.</summary>
    /// <param name="client">Null on a Unix socket: whoever listens there has a proxy in front, which has to do this.</param>
    /// <param name="permits">Part of the key, so that another number counts at once; 0 for no limit.</param>
    /// <param name="apart">A second budget of the same size.</param>
    public static RateLimitPartition<(int Bucket, int Permits)> Partition(IPAddress? client, int permits, bool apart = false)
    {
        if (client is null || permits == 0) { return RateLimitPartition.GetNoLimiter((0, 0)); }
        return RateLimitPartition.GetFixedWindowLimiter(
            (BucketOf(client, apart), permits), _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = Window, QueueLimit = 0 });
    }

    /// <summary>Of an address; another where it is counted apart.</summary>
    public static int BucketOf(IPAddress client, bool apart) => apart ? ~ClientAddress.BucketOf(client) : ClientAddress.BucketOf(client);

    public static TimeSpan RetryAfter(RateLimitLease lease) => lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;

    public static Problem TooMany(TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, Code, "Too many requests from your address.", "Wait a moment; nothing is lost.", retryAfter);
}

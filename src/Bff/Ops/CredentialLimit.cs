using System.Threading.RateLimiting;
using Bff.Guard;
using Microsoft.Extensions.Options;

namespace Bff.Ops;

/// <summary>
/// Wrong credentials per address (<c>Bff:RateLimits:OpsCredentials</c>). Once spent, no further one is even compared until the minute is over, so that
/// guessing is slow; requests without a credential are refused anyway and cost nothing.
/// </summary>
internal sealed class CredentialLimit(IOptionsMonitor<RateLimitOptions> limits) : IDisposable
{
    private readonly Lock _gate = new();

    private readonly PartitionedRateLimiter<HttpContext> _failures = PartitionedRateLimiter.Create<HttpContext, (int Bucket, int Permits)>(context =>
        RateLimits.Partition(ClientAddress.Of(context), limits.CurrentValue.OpsCredentials));

    /// <summary>
    /// Compares a credential, unless too many were wrong. One at a time, or guesses sent together would all be compared before the first is counted.
    /// </summary>
    /// <returns>Whether it is right; null and how long to wait when it was not checked.</returns>
    public (bool? IsRight, TimeSpan RetryAfter) Try(HttpContext context, Func<bool> compare)
    {
        lock (_gate)
        {
            using var left = _failures.AttemptAcquire(context, permitCount: 0);
            if (!left.IsAcquired) { return (null, RateLimits.RetryAfter(left)); }
            if (compare()) { return (true, TimeSpan.Zero); }
            _failures.AttemptAcquire(context).Dispose();
            return (false, TimeSpan.Zero);
        }
    }

    public void Dispose() => _failures.Dispose();
}

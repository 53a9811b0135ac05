using System.Threading.RateLimiting;
using Bff.Guard;
using Microsoft.Extensions.Options;

namespace Bff.Forwarding.PassThrough;

/// <summary>Wrong tokens and proofs per address (<c>Bff:RateLimits:WrongTokens</c>): each costs a signature to check. Right ones cost nothing of it.</summary>
internal sealed class WrongTokenLimit(IOptionsMonitor<RateLimitOptions> limits) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _wrong = PartitionedRateLimiter.Create<HttpContext, (int Bucket, int Permits)>(context =>
        RateLimits.Partition(ClientAddress.Of(context), limits.CurrentValue.WrongTokens));

    /// <returns>How long to wait; null for not at all.</returns>
    public TimeSpan? IsSpent(HttpContext context)
    {
        using var left = _wrong.AttemptAcquire(context, permitCount: 0);
        return left.IsAcquired ? null : RateLimits.RetryAfter(left);
    }

    public void Count(HttpContext context) => _wrong.AttemptAcquire(context).Dispose();

    public void Dispose() => _wrong.Dispose();
}

using System.Threading.RateLimiting;
using Bff.Guard;
using Microsoft.Extensions.Options;

namespace Bff.Login;

/// <summary>
/// Logout tokens per address that have cost something for nothing (<c>Bff:RateLimits:LogoutTokens</c>): a wrong signature, a decryption, a wait for keys. Good
/// ones cost nothing of it: a provider may sign out everybody it knows at once, and a logout that is turned away is seldom sent again.
/// </summary>
internal sealed class LogoutTokenLimit(IOptionsMonitor<RateLimitOptions> limits) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _refused = PartitionedRateLimiter.Create<HttpContext, (int Bucket, int Permits)>(context =>
        RateLimits.Partition(ClientAddress.Of(context), limits.CurrentValue.LogoutTokens));

    /// <returns>How long to wait; null for not at all.</returns>
    public TimeSpan? IsSpent(HttpContext context)
    {
        using var left = _refused.AttemptAcquire(context, permitCount: 0);
        return left.IsAcquired ? null : RateLimits.RetryAfter(left);
    }

    public void Count(HttpContext context) => _refused.AttemptAcquire(context).Dispose();

    public void Dispose() => _refused.Dispose();
}

using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.RateLimiting;
using Bff.Guard;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Guard;

[Trait("Standard", "HARD-4")]
public sealed class EndpointLimitsTests
{
    /// <summary>Whoever holds the limiters of all addresses refills those that say they can be, and looks into none.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void A_minute_ends_whether_or_not_places_are_limited(int atOnce)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new GuardMetrics(services.GetRequiredService<IMeterFactory>());
        var clock = new FakeTimeProvider();
        using var shared = new SharedCounts(clock, NullLogger<SharedCounts>.Instance);
        using var limits = new EndpointLimits(
            FixedOptions.Of(new RateLimitOptions { AtOnce = atOnce }), shared, new Refusals(metrics, clock, NullLogger<Refusals>.Instance));
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("203.0.113.7") } };
        context.SetEndpoint(new(requestDelegate: null, new(new Limited(RateLimits.SignIn)), displayName: null));

        var partition = limits.WindowOf(context);

        using var window = partition.Factory(partition.PartitionKey);
        window.ShouldBeAssignableTo<ReplenishingRateLimiter>();
    }
}

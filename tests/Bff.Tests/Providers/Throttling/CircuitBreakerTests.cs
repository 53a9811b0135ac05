using Bff.Providers.Throttling;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Providers.Throttling;

[Trait("Standard", "ASVS-16")]
public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Failures_in_a_row_open_it_and_no_fewer()
    {
        var breaker = new CircuitBreaker(_clock);
        for (var failure = 1; failure < CircuitBreaker.Threshold; failure++) { breaker.Failed(probe: false, null).ShouldBeFalse(); }
        breaker.Succeeded(probe: false);
        for (var failure = 1; failure < CircuitBreaker.Threshold; failure++) { breaker.Failed(probe: false, null).ShouldBeFalse(); }
        breaker.State.ShouldBe(BreakerState.Closed);
        breaker.Failed(probe: false, null).ShouldBeTrue();
        breaker.State.ShouldBe(BreakerState.Open);
    }

    [Fact]
    public void After_the_pause_one_probe_is_admitted_and_its_success_closes_it()
    {
        var breaker = Opened();
        breaker.Admits(onDemand: true).ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        breaker.State.ShouldBe(BreakerState.HalfOpen);
        breaker.Admits(onDemand: false).ShouldBeTrue();
        breaker.Begin().ShouldBeTrue();
        breaker.Admits(onDemand: true).ShouldBeFalse();
        breaker.Succeeded(probe: true);
        (breaker.State, breaker.Admits(onDemand: false), breaker.Begin()).ShouldBe((BreakerState.Closed, true, false));
    }

    [Fact]
    public void A_probe_that_fails_keeps_it_open_and_one_that_was_not_made_leaves_its_place()
    {
        var breaker = Opened();
        _clock.Advance(TimeSpan.FromSeconds(1));
        breaker.Begin();
        breaker.Abandoned(probe: true);
        breaker.Admits(onDemand: false).ShouldBeTrue();
        breaker.Begin();
        breaker.Failed(probe: true, null).ShouldBeTrue();
        breaker.State.ShouldBe(BreakerState.Open);
        breaker.Pause(onDemand: false).TotalSeconds.ShouldBeInRange(1, 2);
    }

    [Fact]
    public void A_late_failure_of_a_call_from_before_does_not_lengthen_the_pause()
    {
        var breaker = Opened();
        var pause = breaker.Pause(onDemand: false);
        breaker.Failed(probe: false, TimeSpan.FromSeconds(20)).ShouldBeFalse();
        breaker.Pause(onDemand: false).ShouldBe(pause);
    }

    [Theory]
    [InlineData(17, 17)]
    [InlineData(29, 29)]
    public void The_providers_retry_after_is_the_pause_for_everybody(int asked, int pause)
    {
        var breaker = Opened(TimeSpan.FromSeconds(asked));
        (breaker.Pause(onDemand: true), breaker.Pause(onDemand: false)).ShouldBe((TimeSpan.FromSeconds(pause), TimeSpan.FromSeconds(pause)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(86_400)]
    public void A_retry_after_without_sense_is_not_believed(int asked) =>
        Opened(TimeSpan.FromSeconds(asked)).Pause(onDemand: false).TotalSeconds.ShouldBeInRange(0.5, 1);

    [Fact]
    public void Probes_of_those_who_wait_do_not_put_off_the_backgrounds()
    {
        var breaker = Opened();
        for (var end = _clock.GetUtcNow().AddSeconds(16); _clock.GetUtcNow() < end; _clock.Advance(TimeSpan.FromMilliseconds(250)))
        {
            if (!breaker.Admits(onDemand: false)) { continue; }
            breaker.Begin();
            breaker.Failed(probe: true, null);
        }

        var left = breaker.Pause(onDemand: false);   // of 8 to 16 s
        left.ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        var until = _clock.GetUtcNow() + left;
        var probes = 0;
        for (; _clock.GetUtcNow() < until; _clock.Advance(TimeSpan.FromMilliseconds(250)))
        {
            if (!breaker.Admits(onDemand: true)) { continue; }
            breaker.Begin();
            breaker.Failed(probe: true, null);
            probes++;
            if (until - _clock.GetUtcNow() > TimeSpan.FromSeconds(5)) { breaker.Pause(onDemand: false).ShouldBe(until - _clock.GetUtcNow()); }
        }

        probes.ShouldBeInRange(1, 16);
        breaker.Pause(onDemand: false).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(5), "one who waits has just asked");
    }

    private CircuitBreaker Opened(TimeSpan? retryAfter = null)
    {
        var breaker = new CircuitBreaker(_clock);
        for (var failure = 0; failure < CircuitBreaker.Threshold; failure++) { breaker.Failed(probe: false, retryAfter); }
        return breaker;
    }
}

using Bff.Renewal;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Renewal;

public sealed class TokenCallGateTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void No_more_calls_run_at_once_than_allowed()
    {
        using var gate = Gate(concurrency: 2);
        var first = Enter(gate);
        Enter(gate);
        var third = gate.EnterAsync(urgent: false, default);
        third.IsCompleted.ShouldBeFalse();
        gate.Leave(first, CallVerdict.Answered);
        third.IsCompleted.ShouldBeTrue();
        gate.Running.ShouldBe(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void No_second_sees_more_calls_than_the_rate(int perSecond)
    {
        using var gate = Gate(concurrency: 100_000, perSecond: perSecond);
        var waiting = Enumerable.Range(0, perSecond * 3).Select(_ => gate.EnterAsync(urgent: false, default)).ToList();
        var admitted = new List<int>();
        for (var tenth = 0; tenth < 60; tenth++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            admitted.Add(waiting.Count(task => task.IsCompleted));
        }

        for (var i = 10; i < admitted.Count; i++) { (admitted[i] - admitted[i - 10]).ShouldBeLessThanOrEqualTo(perSecond); }
        admitted[^1].ShouldBeGreaterThan(perSecond);
    }

    [Fact]
    public void A_call_somebody_waits_for_goes_before_the_background()
    {
        using var gate = Gate(concurrency: 1);
        var running = Enter(gate);
        var background = gate.EnterAsync(urgent: false, default);
        var urgent = gate.EnterAsync(urgent: true, default);
        gate.Leave(running, CallVerdict.Answered);
        (urgent.IsCompleted, background.IsCompleted).ShouldBe((true, false));
    }

    [Fact]
    public void Five_failures_in_a_row_open_the_breaker_and_a_success_between_does_not()
    {
        using var gate = Gate();
        for (var i = 0; i < 4; i++) { gate.Leave(Enter(gate), CallVerdict.Failed); }
        gate.Leave(Enter(gate), CallVerdict.Answered);
        for (var i = 0; i < 4; i++) { gate.Leave(Enter(gate), CallVerdict.Failed).ShouldBeFalse(); }
        gate.State.ShouldBe(BreakerState.Closed);
        gate.Leave(Enter(gate), CallVerdict.Failed).ShouldBeTrue();
        gate.State.ShouldBe(BreakerState.Open);
    }

    [Fact]
    public async Task While_open_a_waiting_call_is_told_at_once_and_the_background_waits()
    {
        using var gate = Opened();
        var background = gate.EnterAsync(urgent: false, default);
        var urgent = await gate.EnterAsync(urgent: true, default);
        urgent.Permit.ShouldBeNull();
        urgent.RetryAfter.ShouldBeInRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        background.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task One_probe_closes_it_again_and_lets_the_others_in()
    {
        using var gate = Opened();
        var waiting = Enumerable.Range(0, 4).Select(_ => gate.EnterAsync(urgent: false, default)).ToList();
        _clock.Advance(TimeSpan.FromSeconds(1.1));
        gate.State.ShouldBe(BreakerState.HalfOpen);
        waiting.Count(task => task.IsCompleted).ShouldBe(1);
        gate.Leave((await waiting[0]).Permit!, CallVerdict.Answered);
        gate.State.ShouldBe(BreakerState.Closed);
        waiting.ShouldAllBe(task => task.IsCompleted);
    }

    [Fact]
    public async Task A_failed_probe_opens_it_for_longer()
    {
        using var gate = Opened();
        for (var round = 1; round < 4; round++)
        {
            var probe = gate.EnterAsync(urgent: false, default);
            _clock.Advance(TimeSpan.FromSeconds(Math.Pow(2, round)));
            gate.Leave((await probe).Permit!, CallVerdict.Failed);
            (await gate.EnterAsync(urgent: true, default)).RetryAfter.TotalSeconds.ShouldBeInRange(Math.Min(5, Math.Pow(2, round) / 2), Math.Min(5, Math.Pow(2, round)));
        }
    }

    [Fact]
    public async Task After_five_seconds_a_waiting_call_may_be_the_probe_though_the_background_still_waits()
    {
        using var gate = Opened();
        for (var round = 1; round < 7; round++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            gate.Leave(Enter(gate), CallVerdict.Failed);
        }

        var background = gate.EnterAsync(urgent: false, default);
        _clock.Advance(TimeSpan.FromSeconds(5));
        background.IsCompleted.ShouldBeFalse();
        (await gate.EnterAsync(urgent: true, default)).Permit.ShouldNotBeNull().Probe.ShouldBeTrue();
    }

    [Fact]
    public async Task The_providers_retry_after_sets_the_pause()
    {
        using var gate = Gate();
        for (var i = 0; i < 5; i++) { gate.Leave(Enter(gate), CallVerdict.Failed, TimeSpan.FromSeconds(17)); }
        (await gate.EnterAsync(urgent: true, default)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_probe_that_was_not_made_leaves_its_place_to_the_next()
    {
        using var gate = Opened();
        _clock.Advance(TimeSpan.FromSeconds(2));
        gate.Leave(Enter(gate), CallVerdict.NotMade);
        var next = await gate.EnterAsync(urgent: true, default);
        next.Permit.ShouldNotBeNull().Probe.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_stops_waiting_takes_no_place()
    {
        using var gate = Gate(concurrency: 1);
        var running = Enter(gate);
        using var cancel = new CancellationTokenSource();
        var gone = gate.EnterAsync(urgent: true, cancel.Token);
        var next = gate.EnterAsync(urgent: false, default);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(gone);
        gate.Leave(running, CallVerdict.Answered);
        next.IsCompleted.ShouldBeTrue();
        gate.Running.ShouldBe(1);
    }

    [Fact]
    public void Limits_that_change_count_at_once_for_those_who_wait_too()
    {
        var options = FixedOptions.Of(new RenewalOptions { MaxConcurrency = 1, MaxPerSecond = 100_000 });
        using var gate = new TokenCallGate(options, _clock);
        Enter(gate);
        var waiting = gate.EnterAsync(urgent: false, default);
        waiting.IsCompleted.ShouldBeFalse();

        options.Change(new RenewalOptions { MaxConcurrency = 2, MaxPerSecond = 100_000 });

        waiting.IsCompleted.ShouldBeTrue();
        gate.EnterAsync(urgent: false, default).IsCompleted.ShouldBeFalse();
    }

    private TokenCallGate Gate(int concurrency = 32, int perSecond = 100_000) =>
        new(FixedOptions.Of(new RenewalOptions { MaxConcurrency = concurrency, MaxPerSecond = perSecond }), _clock);

    private TokenCallGate Opened()
    {
        var gate = Gate();
        for (var i = 0; i < 5; i++) { gate.Leave(Enter(gate), CallVerdict.Failed); }
        return gate;
    }

    private static Permit Enter(TokenCallGate gate)
    {
        var entered = gate.EnterAsync(urgent: true, default);
        entered.IsCompletedSuccessfully.ShouldBeTrue();
        return entered.GetAwaiter().GetResult().Permit.ShouldNotBeNull();
    }
}

using Bff.Providers.Throttling;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Providers.Throttling;

[Trait("Standard", "HARD-3")]
public sealed class TokenCallGateTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void No_more_calls_run_at_once_than_allowed()
    {
        using var gate = Gate(concurrency: 2);
        var first = Enter(gate);
        Enter(gate);
        var third = gate.EnterAsync(CallKind.BackgroundRenewal, default);
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
        var waiting = Enumerable.Range(0, perSecond * 3).Select(_ => gate.EnterAsync(CallKind.BackgroundRenewal, default)).ToList();
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
    public void Nodes_share_the_rate_and_one_that_is_left_alone_has_all_of_it()
    {
        var sharing = new CallSharing { Nodes = () => 4 };
        using var gate = new TokenCallGate(FixedOptions.Of(new ThrottlingOptions { MaxConcurrency = 100_000, MaxPerSecond = 100 }), _clock, sharing);
        var waiting = Enumerable.Range(0, 1000).Select(_ => gate.EnterAsync(CallKind.BackgroundRenewal, default)).ToList();
        PerSecond().ShouldBeInRange(15, 25);

        sharing.Nodes = () => 1;
        _clock.Advance(TimeSpan.FromSeconds(1));
        PerSecond().ShouldBeInRange(80, 100);

        sharing.Nodes = () => 1000;
        _clock.Advance(TimeSpan.FromSeconds(5));
        var before = waiting.Count(task => task.IsCompleted);
        for (var second = 0; second < 10; second++) { PerSecond(); }
        (waiting.Count(task => task.IsCompleted) - before).ShouldBeGreaterThan(3, "nobody comes to nothing");

        int PerSecond()
        {
            var earlier = waiting.Count(task => task.IsCompleted);
            for (var step = 0; step < 100; step++) { _clock.Advance(TimeSpan.FromMilliseconds(10)); }
            return waiting.Count(task => task.IsCompleted) - earlier;
        }
    }

    [Fact]
    public void A_call_somebody_waits_for_goes_before_the_background()
    {
        using var gate = Gate(concurrency: 1);
        var running = Enter(gate);
        var background = gate.EnterAsync(CallKind.BackgroundRenewal, default);
        var urgent = gate.EnterAsync(CallKind.Renewal, default);
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
        var background = gate.EnterAsync(CallKind.BackgroundRenewal, default);
        var urgent = await gate.EnterAsync(CallKind.Renewal, default);
        urgent.Permit.ShouldBeNull();
        urgent.RetryAfter.ShouldBeInRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        background.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task One_probe_closes_it_again_and_lets_the_others_in()
    {
        using var gate = Opened();
        var waiting = Enumerable.Range(0, 4).Select(_ => gate.EnterAsync(CallKind.BackgroundRenewal, default)).ToList();
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
            var probe = gate.EnterAsync(CallKind.BackgroundRenewal, default);
            _clock.Advance(TimeSpan.FromSeconds(Math.Pow(2, round)));
            gate.Leave((await probe).Permit!, CallVerdict.Failed);
            (await gate.EnterAsync(CallKind.Renewal, default)).RetryAfter.TotalSeconds.ShouldBeInRange(
                Math.Min(5, Math.Pow(2, round) / 2), Math.Min(5, Math.Pow(2, round)));
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

        var background = gate.EnterAsync(CallKind.BackgroundRenewal, default);
        _clock.Advance(TimeSpan.FromSeconds(5));
        background.IsCompleted.ShouldBeFalse();
        (await gate.EnterAsync(CallKind.Renewal, default)).Permit.ShouldNotBeNull().Probe.ShouldBeTrue();
    }

    [Fact]
    public async Task The_providers_retry_after_sets_the_pause()
    {
        using var gate = Gate();
        for (var i = 0; i < 5; i++) { gate.Leave(Enter(gate), CallVerdict.Failed, TimeSpan.FromSeconds(17)); }
        (await gate.EnterAsync(CallKind.Renewal, default)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_probe_that_was_not_made_leaves_its_place_to_the_next()
    {
        using var gate = Opened();
        _clock.Advance(TimeSpan.FromSeconds(2));
        gate.Leave(Enter(gate), CallVerdict.NotMade);
        var next = await gate.EnterAsync(CallKind.Renewal, default);
        next.Permit.ShouldNotBeNull().Probe.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_stops_waiting_takes_no_place()
    {
        using var gate = Gate(concurrency: 1);
        var running = Enter(gate);
        using var cancel = new CancellationTokenSource();
        var gone = gate.EnterAsync(CallKind.Renewal, cancel.Token);
        var next = gate.EnterAsync(CallKind.BackgroundRenewal, default);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(gone);
        gate.Leave(running, CallVerdict.Answered);
        next.IsCompleted.ShouldBeTrue();
        gate.Running.ShouldBe(1);
    }

    [Fact]
    public void Limits_that_change_count_at_once_for_those_who_wait_too()
    {
        var options = FixedOptions.Of(new ThrottlingOptions { MaxConcurrency = 1, MaxPerSecond = 100_000 });
        using var gate = new TokenCallGate(options, _clock);
        Enter(gate);
        var waiting = gate.EnterAsync(CallKind.BackgroundRenewal, default);
        waiting.IsCompleted.ShouldBeFalse();

        options.Change(new ThrottlingOptions { MaxConcurrency = 2, MaxPerSecond = 100_000 });

        waiting.IsCompleted.ShouldBeTrue();
        gate.EnterAsync(CallKind.BackgroundRenewal, default).IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(8, 4)]
    [InlineData(9, 4)]
    public void Sign_ins_get_half_of_the_places_and_renewals_all_that_is_left(int concurrency, int share)
    {
        using var gate = Gate(concurrency);
        var signIns = Enumerable.Range(0, 20).Select(_ => gate.EnterAsync(CallKind.SignIn, default)).ToList();
        signIns.Count(task => task.IsCompleted).ShouldBe(share);
        var renewals = Enumerable.Range(0, 20).Select(_ => gate.EnterAsync(CallKind.Renewal, default)).ToList();
        renewals.Count(task => task.IsCompleted).ShouldBe(concurrency - share);
        gate.Running.ShouldBe(concurrency - share);
    }

    [Fact]
    public void Sign_ins_get_half_of_the_rate_and_renewals_the_other_half_at_least()
    {
        using var gate = Gate(concurrency: 100_000, perSecond: 100);
        var signIns = Enumerable.Range(0, 100).Select(_ => gate.EnterAsync(CallKind.SignIn, default)).ToList();
        var renewals = Enumerable.Range(0, 200).Select(_ => gate.EnterAsync(CallKind.BackgroundRenewal, default)).ToList();
        for (var step = 0; step < 100; step++) { _clock.Advance(TimeSpan.FromMilliseconds(10)); }
        signIns.Count(task => task.IsCompleted).ShouldBeInRange(20, 50);
        renewals.Count(task => task.IsCompleted).ShouldBeGreaterThanOrEqualTo(30);
        (signIns.Count(task => task.IsCompleted) + renewals.Count(task => task.IsCompleted)).ShouldBeLessThanOrEqualTo(100);
    }

    [Fact]
    public async Task Revocations_share_with_sign_ins_and_come_after_them()
    {
        using var gate = Gate(concurrency: 2);
        var running = (await gate.EnterAsync(CallKind.SignIn, default)).Permit!;
        var signIn = gate.EnterAsync(CallKind.SignIn, default);
        var revocation = gate.EnterAsync(CallKind.Revocation, default);
        gate.Leave(running, CallVerdict.Answered);
        (revocation.IsCompleted, signIn.IsCompleted).ShouldBe((false, true));
    }

    [Fact]
    public async Task However_many_revocations_wait_they_take_a_quarter()
    {
        using var gate = Gate(concurrency: 32);
        var revocations = Enumerable.Range(0, 100).Select(_ => gate.EnterAsync(CallKind.Revocation, default)).ToList();
        revocations.Count(task => task.IsCompleted).ShouldBe(8);
        var signIns = Enumerable.Range(0, 100).Select(_ => gate.EnterAsync(CallKind.SignIn, default)).ToList();
        signIns.Count(task => task.IsCompleted).ShouldBe(8);
        gate.Leave((await revocations[0]).Permit!, CallVerdict.Answered);
        (revocations.Count(task => task.IsCompleted), signIns.Count(task => task.IsCompleted)).ShouldBe((8, 9));
    }

    [Fact]
    public void A_call_whose_turn_comes_while_the_queue_is_looked_through_is_let_in()
    {
        // Between two looks at the clock passes what the rate needs for three quarters of a call.
        var clock = new HastyClock { Step = TimeSpan.FromSeconds(0.75 / 0.9) };
        using var gate = new TokenCallGate(FixedOptions.Of(new ThrottlingOptions { MaxConcurrency = 32, MaxPerSecond = 1 }), clock);
        gate.EnterAsync(CallKind.BackgroundRenewal, default).IsCompleted.ShouldBeTrue();
        gate.EnterAsync(CallKind.BackgroundRenewal, default).IsCompleted.ShouldBeFalse();
        clock.TimerDue.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task As_many_sign_ins_wait_as_the_rate_has_calls_a_second_and_the_rest_is_refused()
    {
        using var gate = Gate(concurrency: 2, perSecond: 100);
        gate.EnterAsync(CallKind.SignIn, default).IsCompleted.ShouldBeTrue();
        using var cancel = new CancellationTokenSource();
        var leaves = gate.EnterAsync(CallKind.SignIn, cancel.Token);
        for (var waiting = 1; waiting < 100; waiting++) { gate.EnterAsync(CallKind.SignIn, default).IsCompleted.ShouldBeFalse(); }

        var refused = await gate.EnterAsync(CallKind.SignIn, default);

        (refused.Permit, refused.Full, refused.RetryAfter).ShouldBe((null, true, TimeSpan.FromSeconds(2)));
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaves);
        gate.EnterAsync(CallKind.SignIn, default).IsCompleted.ShouldBeFalse();
        gate.EnterAsync(CallKind.Renewal, default).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Sign_ins_move_the_breaker_neither_way()
    {
        using var gate = Gate();
        for (var i = 0; i < 10; i++) { gate.Leave((await gate.EnterAsync(CallKind.SignIn, default)).Permit!, CallVerdict.Failed).ShouldBeFalse(); }
        gate.State.ShouldBe(BreakerState.Closed);
        for (var i = 0; i < 4; i++) { gate.Leave(Enter(gate), CallVerdict.Failed); }
        gate.Leave((await gate.EnterAsync(CallKind.SignIn, default)).Permit!, CallVerdict.Answered);
        gate.Leave(Enter(gate), CallVerdict.Failed).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        gate.Leave((await gate.EnterAsync(CallKind.SignIn, default)).Permit!, CallVerdict.Answered);
        gate.State.ShouldBe(BreakerState.HalfOpen);
    }

    [Fact]
    public async Task When_the_breaker_opens_waiting_sign_ins_are_told_too()
    {
        using var gate = Gate(concurrency: 12);
        for (var i = 0; i < 6; i++) { gate.EnterAsync(CallKind.SignIn, default).IsCompleted.ShouldBeTrue(); }
        var waiting = gate.EnterAsync(CallKind.SignIn, default);
        for (var i = 0; i < 5; i++) { gate.Leave(Enter(gate), CallVerdict.Failed); }
        var told = await waiting;
        (told.Permit, told.Full).ShouldBe((null, false));
        (await gate.EnterAsync(CallKind.Revocation, default)).Permit.ShouldBeNull();
    }

    private TokenCallGate Gate(int concurrency = 32, int perSecond = 100_000) =>
        new(FixedOptions.Of(new ThrottlingOptions { MaxConcurrency = concurrency, MaxPerSecond = perSecond }), _clock);

    private sealed class HastyClock : TimeProvider
    {
        private long _ticks;

        public TimeSpan Step { get; init; }

        public TimeSpan? TimerDue { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks += Step.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(this);

        private sealed class Timer(HastyClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock.TimerDue = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    private TokenCallGate Opened()
    {
        var gate = Gate();
        for (var i = 0; i < 5; i++) { gate.Leave(Enter(gate), CallVerdict.Failed); }
        return gate;
    }

    private static Permit Enter(TokenCallGate gate)
    {
        var entered = gate.EnterAsync(CallKind.Renewal, default);
        entered.IsCompletedSuccessfully.ShouldBeTrue();
        return entered.GetAwaiter().GetResult().Permit.ShouldNotBeNull();
    }
}

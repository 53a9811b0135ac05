using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Renewal;

public class RenewalPolicyTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly RenewalPolicy _schedule;

    public RenewalPolicyTests() => _schedule = new RenewalPolicy(FixedOptions.Of(new RenewalOptions()), _clock);

    public static TheoryData<TimeSpan, TimeSpan> Lifetimes => new()
    {
        { TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1.25) },
        { TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(15) },
        { TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(1) },
        { TimeSpan.FromHours(1), TimeSpan.FromMinutes(1) },
        { TimeSpan.FromDays(30), TimeSpan.FromMinutes(1) },
    };

    [Theory]
    [MemberData(nameof(Lifetimes))]
    public void Renewal_is_due_between_one_and_one_and_a_half_leads_before_expiry(TimeSpan lifetime, TimeSpan lead)
    {
        foreach (var id in Enumerable.Range(0, 200).Select(_ => SessionKey.New().Id))
        {
            var before = Now + lifetime - _schedule.DueAt(id, Tokens(lifetime))!.Value;
            before.ShouldBeInRange(lead, lead * 1.5);
        }
    }

    [Fact]
    public void Sessions_that_signed_in_together_are_not_renewed_together()
    {
        var due = Enumerable.Range(0, 500).Select(_ => _schedule.DueAt(SessionKey.New().Id, Tokens(TimeSpan.FromHours(1)))!.Value).ToList();
        (due.Max() - due.Min()).ShouldBeGreaterThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void One_session_always_has_the_same_jitter()
    {
        var id = SessionKey.New().Id;
        _schedule.DueAt(id, Tokens(TimeSpan.FromHours(1))).ShouldBe(_schedule.DueAt(id, Tokens(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void Without_a_refresh_token_nothing_is_scheduled() =>
        _schedule.DueAt(SessionKey.New().Id, Tokens(TimeSpan.FromHours(1)) with { RefreshToken = null }).ShouldBeNull();

    [Theory]
    [InlineData(3600, 6, true)]
    [InlineData(3600, 5, false)]
    [InlineData(10, 1.5, true)]    // a tenth of the lifetime is less than MinValidity
    [InlineData(10, 1, false)]
    [InlineData(3600, -1, false)]
    public void A_token_is_fresh_while_more_than_the_least_validity_is_left(double lifetime, double left, bool fresh)
    {
        var tokens = Tokens(TimeSpan.FromSeconds(lifetime));
        _clock.SetUtcNow(tokens.ExpiresAt.AddSeconds(-left));
        _schedule.IsFresh(tokens).ShouldBe(fresh);
    }

    [Theory]
    [InlineData(3600, 1.5, true)]
    [InlineData(3600, 1, false)]
    [InlineData(5, 0.6, true)]
    [InlineData(5, 0.5, false)]
    public void The_last_second_of_a_token_does_not_count_however_small_the_least_validity(double lifetime, double left, bool usable)
    {
        var schedule = new RenewalPolicy(FixedOptions.Of(new RenewalOptions { MinValidity = TimeSpan.Zero }), _clock);
        var tokens = Tokens(TimeSpan.FromSeconds(lifetime));
        _clock.SetUtcNow(tokens.ExpiresAt.AddSeconds(-left));
        (schedule.IsFresh(tokens), schedule.IsAlive(tokens)).ShouldBe((usable, usable));
    }

    [Theory]
    [InlineData(3600, 59, true)]
    [InlineData(3600, 61, false)]
    [InlineData(60, 14, true)]
    [InlineData(60, 16, false)]
    public void A_token_that_came_under_a_clock_set_back_since_by_more_than_the_lead_is_not_trusted(double lifetime, double setBack, bool fresh)
    {
        var tokens = Tokens(TimeSpan.FromSeconds(lifetime));
        _clock.AdjustTime(Now.AddSeconds(-setBack));
        (_schedule.IsFresh(tokens), _schedule.IsAlive(tokens)).ShouldBe((fresh, true));
    }

    [Theory]
    [InlineData(1, 0.5, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(5, 8, 16)]
    [InlineData(50, 30, 60)]
    public void Back_off_doubles_up_to_a_minute_less_up_to_half(int failures, double least, double most)
    {
        for (var i = 0; i < 100; i++)
        {
            var clock = new FakeTimeProvider(Now);
            var schedule = new RenewalPolicy(FixedOptions.Of(new RenewalOptions()), clock);
            var session = Failed(0);
            for (var failure = 1; failure < failures; failure++)
            {
                var next = schedule.BackOff(session, asked: null, onDemand: false).DueAt;
                session = session with { Failures = failure, FailingSince = session.FailingSince ?? clock.GetUtcNow() };
                clock.SetUtcNow(next);
            }

            var (due, notBefore) = schedule.BackOff(session, asked: null, onDemand: false);
            (due - clock.GetUtcNow()).TotalSeconds.ShouldBeInRange(least - 0.001, most + 0.001);
            (notBefore - clock.GetUtcNow()).TotalSeconds.ShouldBeLessThanOrEqualTo(5);
        }
    }

    [Fact]
    public void In_an_outage_the_background_tries_at_the_same_times_whether_somebody_waits_or_not()
    {
        foreach (var id in Enumerable.Range(0, 50).Select(_ => SessionKey.New().Id))
        {
            var alone = Tries(id, isWaited: false).Tries;
            var (tries, due) = Tries(id, isWaited: true);
            alone.Count.ShouldBeInRange(9, 20);
            for (var i = 1; i < tries.Count; i++) { (tries[i] - tries[i - 1]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.5)); }
            tries.Count.ShouldBeLessThan(120);   // one in five seconds, and less at first, not one a call

            // Whenever they stop to wait, the next try comes when it would have come, or a moment after one of theirs.
            foreach (var (at, next) in due)
            {
                next.ShouldBeLessThanOrEqualTo(Later(alone.First(moment => moment > at.AddMilliseconds(250)), at.AddSeconds(5)).AddSeconds(2));
            }
        }

        static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
    }

    [Fact]
    public void A_clock_that_is_set_back_puts_nothing_off_for_longer_than_a_minute()
    {
        var session = Failed(3) with { FailingSince = Now.AddHours(5) };
        _schedule.BackOff(session, asked: null, onDemand: false).DueAt.ShouldBeLessThanOrEqualTo(Now.AddMinutes(1));
    }

    /// <summary>Five minutes of outage and two more to look ahead; where somebody waits, they ask four times a second.</summary>
    private (List<DateTimeOffset> Tries, List<(DateTimeOffset At, DateTimeOffset Next)> Due) Tries(SessionId id, bool isWaited)
    {
        var clock = new FakeTimeProvider(Now);
        var schedule = new RenewalPolicy(FixedOptions.Of(new RenewalOptions()), clock);
        var session = Failed(0) with { Id = id };
        var (due, notBefore) = (schedule.DueAt(id, session.Tokens!)!.Value, DateTimeOffset.MinValue);
        clock.SetUtcNow(due);
        var (tries, dues, end) = (new List<DateTimeOffset>(), new List<(DateTimeOffset, DateTimeOffset)>(), due.AddMinutes(isWaited ? 5 : 7));
        for (; clock.GetUtcNow() < end; clock.Advance(TimeSpan.FromMilliseconds(250)))
        {
            if (clock.GetUtcNow() < due && (!isWaited || clock.GetUtcNow() < notBefore)) { continue; }
            tries.Add(clock.GetUtcNow());
            (due, notBefore) = schedule.BackOff(session, asked: null, onDemand: isWaited && clock.GetUtcNow() < due);
            session = session with { Failures = session.Failures + 1, FailingSince = session.FailingSince ?? clock.GetUtcNow() };
            dues.Add((clock.GetUtcNow(), due));
        }

        return (tries, dues);
    }

    private Session Failed(int failures) => new()
    {
        Id = SessionKey.New().Id,
        Sid = "sid",
        Subject = "alice",
        Claims = [],
        CreatedAt = Now,
        EndsAt = Now.AddDays(1),
        AbsoluteEndsAt = Now.AddDays(1),
        Tokens = Tokens(TimeSpan.FromHours(1)),
        Failures = failures,
    };

    [Fact]
    public void The_providers_retry_after_is_honoured_by_the_background_and_by_waiting_users() =>
        _schedule.BackOff(Failed(0), TimeSpan.FromSeconds(30), onDemand: true).ShouldBe((Now.AddSeconds(30), Now.AddSeconds(30)));

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(10)]
    public void The_providers_retry_after_is_honoured_however_long_the_back_off_has_grown(int failures)
    {
        foreach (var (asked, honoured) in new[] { (25, 25), (55, 55), (200, 200), (3600, 300) })
        {
            foreach (var onDemand in new[] { true, false })
            {
                for (var i = 0; i < 50; i++)
                {
                    var session = Failed(failures) with { FailingSince = failures == 0 ? null : Now.AddSeconds(-i * failures) };
                    var (due, notBefore) = _schedule.BackOff(session, TimeSpan.FromSeconds(asked), onDemand);
                    notBefore.ShouldBe(Now.AddSeconds(honoured));
                    due.ShouldBeInRange(notBefore, Now.AddSeconds(Math.Max(honoured, 60)));
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3600)]
    public void A_retry_after_of_nothing_does_not_shorten_the_back_off(int seconds)
    {
        var (_, notBefore) = _schedule.BackOff(Failed(2), TimeSpan.FromSeconds(seconds), onDemand: false);
        (notBefore - Now).TotalSeconds.ShouldBeInRange(2, 4);
    }

    [Fact]
    public void A_token_of_a_second_is_not_renewed_every_second()
    {
        var tokens = Tokens(TimeSpan.FromSeconds(1));
        _schedule.DueAt(SessionKey.New().Id, tokens).ShouldBe(tokens.ObtainedAt.AddSeconds(2));
    }

    [Fact]
    public void Tokens_that_are_stale_when_issued_are_renewed_after_twice_the_time_of_before_up_to_a_minute()
    {
        var id = SessionKey.New().Id;
        var (previous, intervals) = (Tokens(TimeSpan.FromSeconds(1)), new List<double>());
        var due = _schedule.DueAt(id, previous)!.Value;
        for (var renewal = 0; renewal < 7; renewal++)
        {
            _clock.SetUtcNow(due);
            var tokens = Tokens(TimeSpan.FromSeconds(1));
            due = _schedule.DueAt(id, tokens, previous)!.Value;
            intervals.Add((due - tokens.ObtainedAt).TotalSeconds);
            previous = tokens;
        }

        intervals.ShouldBe([4, 8, 16, 32, 60, 60, 60]);
    }

    [Fact]
    public void A_clock_that_was_set_back_between_two_stale_tokens_makes_no_hurry()
    {
        var previous = Tokens(TimeSpan.FromSeconds(1));
        var tokens = previous with { ObtainedAt = Now.AddHours(-1), ExpiresAt = Now.AddHours(-1).AddSeconds(1) };
        _schedule.DueAt(SessionKey.New().Id, tokens, previous).ShouldBe(tokens.ObtainedAt.AddSeconds(2));
    }

    [Theory]
    [InlineData(600, 300)]     // the refresh token ends first
    [InlineData(600, 6000)]
    public void Renewal_is_due_before_the_access_token_and_the_refresh_token_end(double access, double refresh)
    {
        var tokens = Tokens(TimeSpan.FromSeconds(access)) with { RefreshTokenExpiresAt = Now.AddSeconds(refresh) };
        (Now.AddSeconds(Math.Min(access, refresh)) - _schedule.DueAt(SessionKey.New().Id, tokens)!.Value).TotalSeconds.ShouldBeInRange(60, 90);
    }

    [Fact]
    public void With_a_refresh_token_that_ended_before_it_came_nothing_is_scheduled() =>
        _schedule.DueAt(SessionKey.New().Id, Tokens(TimeSpan.FromHours(1)) with { RefreshTokenExpiresAt = Now }).ShouldBeNull();

    private TokenSet Tokens(TimeSpan lifetime) => new("a", "r", null, null, _clock.GetUtcNow(), _clock.GetUtcNow() + lifetime);
}

using System.Buffers.Text;
using Bff.Providers;
using Bff.Sessions;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>When a token is renewed, when it is too old to send, and how long to wait after a failure.</summary>
internal sealed class RenewalPolicy(IOptionsMonitor<RenewalOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    /// <summary>An attempt this shortly before a scheduled time of the background's counts as the scheduled one.</summary>
    private static readonly TimeSpan EarlyTolerance = TimeSpan.FromMilliseconds(100);

    /// <summary>An attempt this long after it, too.</summary>
    private static readonly TimeSpan LateTolerance = TimeSpan.FromSeconds(2);

    /// <summary>A provider may ask for a longer pause than ours, within reason.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>However short a token lives, it is not renewed more often.</summary>
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(2);

    /// <summary>A waiting user may make us ask again this soon though the background would wait longer.</summary>
    private static readonly TimeSpan LongestBackOffOnDemand = TimeSpan.FromSeconds(5);

    /// <summary>
    /// <c>expires_at − lead − jitter</c>: lead is at most a quarter of the lifetime; jitter in [0, lead/2) spreads sessions
    /// that signed in together and is always the same for one session. The refresh token's own end counts like the access token's. Null without a refresh
    /// token.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="previous">Those of before; null after a sign-in.</param>
    public DateTimeOffset? DueAt(SessionId id, TokenSet tokens, TokenSet? previous = null)
    {
        if (!tokens.CanRefresh(tokens.ObtainedAt)) { return null; }
        var due = Before(tokens.ExpiresAt);
        if (tokens.RefreshTokenExpiresAt is { } end && Before(end) < due) { due = Before(end); }
        return due > tokens.ObtainedAt + MinInterval ? due : tokens.ObtainedAt + IntervalOfStale(tokens, previous);

        DateTimeOffset Before(DateTimeOffset end)
        {
            var lead = Min(options.CurrentValue.Lead, (end - tokens.ObtainedAt) / 4);
            return end - lead - (lead / 2 * Fraction(id));
        }
    }

    /// <summary>
    /// Tokens that are stale when issued cannot be kept fresh in the background, whatever it costs: each is renewed after twice the time the one before was, up
    /// to a minute. A call that needs one renews it on demand.
    /// </summary>
    private static TimeSpan IntervalOfStale(TokenSet tokens, TokenSet? previous)
    {
        if (previous is null) { return MinInterval; }
        var doubled = 2 * (tokens.ObtainedAt - previous.ObtainedAt);
        return doubled < MinInterval ? MinInterval : Min(doubled, LongestBackOff);
    }

    /// <summary>How long a call waits until this session's tokens may be renewed again: two renewals are never closer than <see cref="MinInterval"/>.</summary>
    public TimeSpan UntilNextMay(Session session)
    {
        var left = session.Tokens!.ObtainedAt + MinInterval - clock.GetUtcNow();
        return session.Version == 1 || left <= TimeSpan.Zero ? TimeSpan.Zero : Min(left, MinInterval);
    }

    /// <summary>Whether the token may be sent without asking for a newer one first.</summary>
    public bool IsFresh(TokenSet tokens) =>
        IsAlive(tokens) && tokens.ExpiresAt - clock.GetUtcNow() > Min(options.CurrentValue.MinValidity, tokens.Lifetime / 10) && !IsFromTheFuture(tokens);

    /// <summary>
    /// Whether the token was renewed so short a time ago that a wish to renew it is taken for a repetition of the last one: 2 s, at most a tenth of its
    /// lifetime.
    /// </summary>
    public bool IsBrandNew(TokenSet tokens) => (clock.GetUtcNow() - tokens.ObtainedAt).Duration() < Min(MinInterval, tokens.Lifetime / 10);

    /// <summary>
    /// Whether the token may still be sent when no newer one can be had. The last second does not count (at most a tenth of the lifetime): <c>exp</c> has
    /// whole seconds (RFC 7519 section 2), and the call has to arrive first.
    /// </summary>
    public bool IsAlive(TokenSet tokens) => AliveFor(tokens) > TimeSpan.Zero;

    /// <summary>How long <see cref="IsAlive"/> will hold.</summary>
    public TimeSpan AliveFor(TokenSet tokens) => tokens.ExpiresAt - clock.GetUtcNow() - Min(TimeSpan.FromSeconds(1), tokens.Lifetime / 10);

    public bool CanRefresh(TokenSet tokens) => tokens.CanRefresh(clock.GetUtcNow());

    /// <summary>
    /// When to try again after one more failure in a row. A call that needs the token now may ask again after 1, 2, 4, 5, 5 … s, less up to half by the
    /// session's share. The background's attempts are scheduled from the first failure, 1, 3, 7 … s after it and then one a minute, so that the failed attempts
    /// of waiters never put off the next one. Neither comes before the time that the provider asks for.
    /// </summary>
    /// <param name="session">As it was before this failure.</param>
    /// <param name="asked">What the provider asked for, if it did.</param>
    /// <param name="onDemand">Somebody waited for the try that failed.</param>
    /// <returns>For the background, and the earliest for a call that needs the token now.</returns>
    public (DateTimeOffset DueAt, DateTimeOffset NotBefore) BackOff(Session session, TimeSpan? asked, bool onDemand)
    {
        var now = clock.GetUtcNow();
        var share = 1 - (Fraction(session.Id) / 2);
        var pause = Doubled(FirstBackOff, session.Failures, LongestBackOff) * share;
        var allowed = now + Min(asked ?? TimeSpan.Zero, LongestRetryAfter);
        var notBefore = Later(now + Min(pause, LongestBackOffOnDemand), allowed);
        var (scheduled, step) = NextScheduled(session.FailingSince ?? now, share, now);
        var isOnTime = !onDemand && scheduled - (step * share) > now - LateTolerance;
        var earliest = isOnTime ? Later(now + (step / 2), allowed) : notBefore;   // half a step after an attempt of the background that came late, too
        return (Later(scheduled, earliest), notBefore);
    }

    private static (DateTimeOffset At, TimeSpan Step) NextScheduled(DateTimeOffset since, double share, DateTimeOffset now)
    {
        var passed = (now - since + EarlyTolerance) / share;
        var (next, step) = (FirstBackOff, FirstBackOff);
        while (next <= passed && step < LongestBackOff)
        {
            step = Min(step * 2, LongestBackOff);
            next += step;
        }

        if (next <= passed) { next += step * (Math.Floor((passed - next) / step) + 1); }
        var at = since + (next * share);
        var latest = now + LongestBackOff;   // the clock may have been set back since
        return (at < latest ? at : latest, step);
    }

    private TimeSpan LeadOf(TokenSet tokens) => Min(options.CurrentValue.Lead, tokens.Lifetime / 4);

    /// <summary>
    /// The clock was wrong when the token came and has been set back since, so it expires sooner than we believe. What is less than the lead is covered by it,
    /// clocks of several nodes that differ a little included.
    /// </summary>
    private bool IsFromTheFuture(TokenSet tokens) => tokens.ObtainedAt - clock.GetUtcNow() > LeadOf(tokens);

    /// <summary>Doubled with each failure before, up to a limit.</summary>
    public static TimeSpan Doubled(TimeSpan first, int failures, TimeSpan max) => Min(first * Math.Pow(2, Math.Min(failures, 10)), max);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>In [0, 1), the same for this session on every node: the id is a hash already, so its first bits are as good as random.</summary>
    private static double Fraction(SessionId id) => Base64Url.DecodeFromChars(id.Value.AsSpan(0, 4))[0] / 256.0;
}

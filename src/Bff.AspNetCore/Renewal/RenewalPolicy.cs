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

    private static readonly TimeSpan ReplaceInterval = TimeSpan.FromMinutes(1);

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
    public DateTimeOffset? DueAt(SessionId id, TokenSet tokens, TokenSet? previous = null) => NextDue(id, tokens, previous)?.At;

    /// <summary>
    /// What of a session is renewed next, and when: the token of its sign-in, or that of another API, each by its own times; null without a refresh token.
    /// Those of the same moment come in this order, since an exchange wants a user's token that lives.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="previous">Those of before; null after a sign-in.</param>
    /// <returns>When, and for which API; null for that of the sign-in.</returns>
    public (DateTimeOffset At, ApiTarget? Api)? NextDue(SessionId id, TokenSet tokens, TokenSet? previous = null)
    {
        if (!tokens.CanRefresh(tokens.ObtainedAt)) { return null; }
        if (tokens.DoubtedAt is { } doubtedAt) { return (doubtedAt, null); }
        (DateTimeOffset At, ApiTarget? Api) next = (OwnDueAt(id, tokens, previous), null);
        foreach (var token in tokens.ApiTokens ?? [])
        {
            if (DueAt(id, token) is { } due && due < next.At) { next = (due, token.Target); }
        }

        return next;
    }

    private DateTimeOffset OwnDueAt(SessionId id, TokenSet tokens, TokenSet? previous)
    {
        var due = Before(id, tokens.ObtainedAt, tokens.ExpiresAt);
        if (tokens.RefreshTokenExpiresAt is { } end && Before(id, tokens.ObtainedAt, end) is var earlier && earlier < due) { due = earlier; }
        return due > tokens.ObtainedAt + MinInterval ? due : tokens.ObtainedAt + IntervalOfStale(tokens, previous);
    }

    private DateTimeOffset Before(SessionId id, DateTimeOffset obtainedAt, DateTimeOffset end)
    {
        var lead = Min(options.CurrentValue.Lead, (end - obtainedAt) / 4);
        return end - lead - (lead / 2 * Fraction(id));
    }

    /// <summary>Null for one that the background leaves alone: nobody uses it, it has ended, or it is stale when issued.</summary>
    private DateTimeOffset? DueAt(SessionId id, ApiToken token)
    {
        var due = Before(id, token.ObtainedAt, token.ExpiresAt);
        if (!token.HasToken || !IsInUse(token, token.UsedAt) || due <= token.ObtainedAt + MinInterval) { return null; }
        if (token.Fault != ApiTokenFault.None && RetryAt(token, onDemand: false) is var retry && retry > due) { due = retry; }
        return due < token.ExpiresAt ? due : null;
    }

    /// <summary>It was used so late that it is worth another one.</summary>
    private bool IsInUse(ApiToken token, DateTimeOffset usedAt) => usedAt + options.CurrentValue.ApiTokenIdleTimeout > token.ExpiresAt;

    /// <summary>The store has to be told that it is in use, or the background would let it expire: once in a while, not with each call.</summary>
    public bool IsToBeNoted(ApiToken token) => !IsInUse(token, token.UsedAt) && IsInUse(token, clock.GetUtcNow());

    /// <summary>When the provider may be asked again for a token that it did not give.</summary>
    /// <param name="token">With its last failure.</param>
    /// <param name="onDemand">For a call that waits.</param>
    public static DateTimeOffset RetryAt(ApiToken token, bool onDemand)
    {
        if (token.Fault != ApiTokenFault.Passing) { return token.FailedAt + LongestBackOff; }
        var pause = Doubled(FirstBackOff, token.Failures - 1, LongestBackOff);
        return token.FailedAt + (onDemand ? Min(pause, LongestBackOffOnDemand) : pause);
    }

    /// <summary>Not even for a call that waits may the provider be asked again by now.</summary>
    public bool HasToWait(ApiToken token) => token.Fault != ApiTokenFault.None && RetryAt(token, onDemand: true) > clock.GetUtcNow();

    /// <summary>Nothing that anybody will ask for again soon: an expired token that nobody uses, a refusal of long ago.</summary>
    public bool IsForgotten(ApiToken token) =>
        token.ExpiresAt + LongestBackOff <= clock.GetUtcNow() && (token.Fault == ApiTokenFault.None || token.FailedAt + LongestRetryAfter <= clock.GetUtcNow());

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
    /// <param name="session">The session.</param>
    /// <param name="api">Which of its tokens; null for that of the sign-in.</param>
    public TimeSpan UntilNextMay(Session session, ApiTarget? api)
    {
        var (obtainedAt, isFirst) = api is null ? (session.Tokens!.ObtainedAt, session.Version == 1)
            : session.Tokens!.Find(api) is { } known ? (known.ObtainedAt, known.Count <= 1) : (default, true);
        var left = obtainedAt + MinInterval - clock.GetUtcNow();
        return isFirst || left <= TimeSpan.Zero ? TimeSpan.Zero : Min(left, MinInterval);
    }

    /// <summary>
    /// Whether a token that an API refuses, although it should be good, is replaced by another one before its time: once a minute at most, on all nodes
    /// together. The first one of a sign-in, and of an API, at once.
    /// </summary>
    public bool MayReplace(Session session, ApiTarget? api)
    {
        if (api is null) { return session.Version == 1 || clock.GetUtcNow() - session.Tokens!.ObtainedAt >= ReplaceInterval; }
        return session.Tokens!.Find(api) is { } known && !HasToWait(known) && (known.Count <= 1 || clock.GetUtcNow() - known.ObtainedAt >= ReplaceInterval);
    }

    /// <summary>The same of a token that is nobody's but our client's.</summary>
    public bool MayReplace(DateTimeOffset obtainedAt) => clock.GetUtcNow() - obtainedAt >= ReplaceInterval;

    /// <summary>Whether the token may be sent without asking for a newer one first.</summary>
    public bool IsFresh(TokenSet tokens) => IsFresh(tokens.ObtainedAt, tokens.ExpiresAt);

    public bool IsFresh(ApiToken token) => token.HasToken && IsFresh(token.ObtainedAt, token.ExpiresAt);

    private bool IsFresh(DateTimeOffset obtainedAt, DateTimeOffset expiresAt) =>
        AliveFor(obtainedAt, expiresAt) > TimeSpan.Zero && !IsFromTheFuture(obtainedAt, expiresAt)
        && expiresAt - clock.GetUtcNow() > Min(options.CurrentValue.MinValidity, (expiresAt - obtainedAt) / 10);

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

    public bool IsAlive(ApiToken token) => AliveFor(token) > TimeSpan.Zero;

    /// <summary>How long <see cref="IsAlive(TokenSet)"/> will hold.</summary>
    public TimeSpan AliveFor(TokenSet tokens) => AliveFor(tokens.ObtainedAt, tokens.ExpiresAt);

    public TimeSpan AliveFor(ApiToken token) => token.HasToken ? AliveFor(token.ObtainedAt, token.ExpiresAt) : TimeSpan.Zero;

    private TimeSpan AliveFor(DateTimeOffset obtainedAt, DateTimeOffset expiresAt) =>
        expiresAt - clock.GetUtcNow() - Min(TimeSpan.FromSeconds(1), (expiresAt - obtainedAt) / 10);

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

    private TimeSpan LeadOf(DateTimeOffset obtainedAt, DateTimeOffset expiresAt) => Min(options.CurrentValue.Lead, (expiresAt - obtainedAt) / 4);

    /// <summary>When a token of our client's is renewed in the background: a node's own moment, so that the others find it renewed.</summary>
    public DateTimeOffset DueAtOfClient(TokenSet tokens) =>
        LeadOf(tokens.ObtainedAt, tokens.ExpiresAt) is var lead ? tokens.ExpiresAt - lead - (lead / 2 * Random.Shared.NextDouble()) : default;

    /// <summary>
    /// The clock was wrong when the token came and has been set back since, so it expires sooner than we believe. What is less than the lead is covered by it,
    /// clocks of several nodes that differ a little included.
    /// </summary>
    private bool IsFromTheFuture(DateTimeOffset obtainedAt, DateTimeOffset expiresAt) =>
        obtainedAt - clock.GetUtcNow() > LeadOf(obtainedAt, expiresAt);

    /// <summary>Doubled with each failure before, up to a limit.</summary>
    public static TimeSpan Doubled(TimeSpan first, int failures, TimeSpan max) => Min(first * Math.Pow(2, Math.Min(failures, 10)), max);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>In [0, 1), the same for this session on every node: the id is a hash already, so its first bits are as good as random.</summary>
    private static double Fraction(SessionId id) => Base64Url.DecodeFromChars(id.Value.AsSpan(0, 4))[0] / 256.0;
}

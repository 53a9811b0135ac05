using System.Diagnostics;
using Bff.Providers;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Microsoft.Extensions.Options;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;
using static Bff.Renewal.RenewalDecision;

namespace Bff.Renewal;

/// <summary>Decides what the provider's response means for a session. The only place where a renewal ends one.</summary>
internal sealed class RenewalJudge(RenewalPolicy policy, IOptionsMonitor<RenewalOptions> options, TimeProvider clock)
{
    /// <summary>Said of an API whose token a session without a refresh token cannot get.</summary>
    public const string NoRefreshToken = "no_refresh_token";

    /// <summary>After a refusal that the next request will not change: somebody has to act first.</summary>
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstUnreadableRetry = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxUnreadableRetry = TimeSpan.FromMinutes(10);

    /// <summary>
    /// A session that fails again and again counts for the circuit breaker so many times: fewer than open it, so that one session whose refreshes always fail
    /// closes the provider to nobody else.
    /// </summary>
    private const int MaxCountedFailures = 4;

    /// <param name="session">As it was when claimed.</param>
    /// <param name="outcome">What the provider said.</param>
    /// <param name="onDemand">Somebody waits for it.</param>
    /// <param name="api">Which token was asked for; null for that of the sign-in.</param>
    public RenewalDecision Decide(Session session, RefreshOutcome outcome, bool onDemand, ApiTarget? api = null) =>
        api is null || outcome is Unreadable ? Decide(session, outcome, onDemand) : DecideForApi(session, api, outcome, onDemand);

    private RenewalDecision Decide(Session session, RefreshOutcome outcome, bool onDemand) => outcome switch
    {
        Renewed renewed => Keep(session, renewed, session.Tokens),
        Rejected rejected => new End(rejected.Error, outcome.RotatedRefreshToken),
        Refused refused when IsOverdue(session) && WasOverdue(session) => new End(refused.Error, outcome.RotatedRefreshToken),
        RefreshTokenExpired => new Forget(session.Tokens! with { RefreshToken = null, RefreshTokenExpiresAt = null }),
        Refused refused when IsOverdue(session) => Later(session, outcome, RenewalFailureKind.SignInOverdue, refused.Error, After(RefusedRetry)),
        Refused refused => Later(session, outcome, RenewalFailureKind.SignInNeeded, refused.Error, After(RefusedRetry)),
        Unavailable down => Later(session, outcome, RenewalFailureKind.ProviderUnavailable, down.Reason, policy.BackOff(session, down.RetryAfter, onDemand)),
        Misconfigured wrong => Later(
            session, outcome, RenewalFailureKind.ClientRefused, wrong.Error, wrong.MayPass ? policy.BackOff(session, null, onDemand) : After(RefusedRetry)),
        Unreadable => Later(session, outcome, RenewalFailureKind.ClientRefused, "unreadable_tokens", After(UnreadableRetry(session))),
        _ => throw new UnreachableException(),
    };

    /// <summary>
    /// What an API is refused ends no session and harms no other token: it is remembered with the API's own, for a minute. A refusal of the grant itself is left
    /// to the session's next renewal, which is then due at once. Only proof of another user ends the session, wherever it comes from.
    /// </summary>
    private RenewalDecision DecideForApi(Session session, ApiTarget api, RefreshOutcome outcome, bool onDemand)
    {
        switch (outcome)
        {
            case Renewed renewed:
                return DecideToKeep(session, renewed.Tokens);
            case Rejected { Error: Rejected.SubjectChanged } rejected:
                return new End(rejected.Error, RotatedRefreshToken: null);
            case Unavailable down when session.Failures > 0:
                return Later(session, outcome, RenewalFailureKind.ProviderUnavailable, down.Reason, policy.BackOff(session, down.RetryAfter, onDemand));
        }

        var tokens = RotatedBy(outcome, session) ?? session.Tokens!;
        var (fault, error) = FaultOf(api, outcome);
        var known = tokens.Find(api) ?? ApiToken.None(api, clock.GetUtcNow());
        var isGrantInDoubt = outcome is Rejected && !api.IsExchanged && policy.CanRefresh(tokens);
        return DecideToKeep(session, tokens.With(known.Failed(fault, error, clock.GetUtcNow())) with
        {
            DoubtedAt = isGrantInDoubt ? clock.GetUtcNow() : tokens.DoubtedAt,
        });
    }

    /// <summary>The session goes on with these tokens, of which that of its sign-in is the one it had.</summary>
    public Keep DecideToKeep(Session session, TokenSet tokens) => Keep(session, new Renewed(tokens.Without(policy.IsForgotten)), previous: null);

    private static (ApiTokenFault Fault, string Error) FaultOf(ApiTarget api, RefreshOutcome outcome) => outcome switch
    {
        Refused refused when RefusedRefresh.IsAboutTheUser(refused.Error) => (ApiTokenFault.User, refused.Error),
        Refused refused => (ApiTokenFault.Client, refused.Error),
        Rejected rejected => (ApiTokenFault.Client, rejected.Error),
        Misconfigured wrong => (ApiTokenFault.Client, wrong.Error),
        RefreshTokenExpired when !api.IsExchanged => (ApiTokenFault.Client, NoRefreshToken),
        Unavailable down => (ApiTokenFault.Passing, down.Reason),
        _ => (ApiTokenFault.Passing, "user_token"),
    };

    /// <summary>As after any sign-in: how long the page let the tokens of before grow old says nothing of how soon these are renewed.</summary>
    public Keep DecideOnSignIn(Session session, Renewed brought) =>
        Keep(session, brought, previous: null, unchanged: brought.User is { } user ? RenewedClaims.WithSid(session.Claims, user) : null);

    /// <summary>What the response says about the provider, for the circuit breaker.</summary>
    public static CallVerdict VerdictOn(RefreshOutcome outcome, Session session, Permit permit) => outcome switch
    {
        Unreadable or RefreshTokenExpired => CallVerdict.NotMade,
        Unavailable { IsResponse: false } => permit.Probe || session.Failures < MaxCountedFailures ? CallVerdict.Failed : CallVerdict.NotMade,
        _ => CallVerdict.Answered,
    };

    /// <param name="session">As it was.</param>
    /// <param name="renewed">What came.</param>
    /// <param name="previous">The tokens that these take the place of, if how old they grew counts.</param>
    /// <param name="unchanged">The claims where they are not updated; null for as they were.</param>
    private Keep Keep(Session session, Renewed renewed, TokenSet? previous, IReadOnlyList<SessionClaim>? unchanged = null)
    {
        var claims = options.CurrentValue.UpdateClaims && renewed.User is { } user ? RenewedClaims.Of(session, user) : unchanged;
        var next = session with
        {
            Tokens = renewed.Tokens,
            Claims = claims ?? session.Claims,
            Version = session.Version + 1,
            DueAt = policy.DueAt(session.Id, renewed.Tokens, previous),
            Failures = 0,
            FailingSince = null,
            LastError = null,
            NotBefore = default,
            LeaseUntil = default,
        };
        return new Keep(next, claims);
    }

    private static TryAgain Later(
        Session session, RefreshOutcome outcome, RenewalFailureKind kind, string code, (DateTimeOffset DueAt, DateTimeOffset NotBefore) next)
    {
        return new(new RenewalFailure(kind, code), next.DueAt, next.NotBefore, RotatedBy(outcome, session));
    }

    private static TokenSet? RotatedBy(RefreshOutcome outcome, Session session) => outcome.RotatedRefreshToken is { } token
        ? session.Tokens!.Rotated(token, outcome.RotatedRefreshTokenExpiresAt, outcome.RotatedKey) : null;

    private (DateTimeOffset DueAt, DateTimeOffset NotBefore) After(TimeSpan pause)
    {
        var next = clock.GetUtcNow() + pause;
        return (next, next);
    }

    /// <summary>
    /// Another node's new key is read within seconds; tokens that cannot be decrypted by then wait for the right keys, which come with a restart.
    /// </summary>
    private static TimeSpan UnreadableRetry(Session session) => RenewalPolicy.Doubled(FirstUnreadableRetry, session.Failures, MaxUnreadableRetry);

    /// <summary>The access token cannot be sent any more, so the next refusal is a user's.</summary>
    private bool IsOverdue(Session session) => !policy.IsAlive(session.Tokens!);

    private static bool WasOverdue(Session session) => session.LastFailure?.Kind == RenewalFailureKind.SignInOverdue;
}

using System.Diagnostics;
using Bff.Providers;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;
using static Bff.Renewal.RenewalDecision;

namespace Bff.Renewal;

/// <summary>What operators are told of renewals: a trace and a log line each, the metrics, and the audit line of one that ended a session.</summary>
internal sealed partial class RenewalLog(RenewalMetrics metrics, Audit audit, TimeProvider clock, ILogger<RenewalLog> logger)
{
    /// <summary>
    /// A renewal is cut off from the request that asked for it, so it is a trace of its own; a silent one belongs to the trace of its callback.
    /// </summary>
    private static readonly ActivitySource Activities = new("Bff.Renewal");

    public Entry Begin(Session session, DateTimeOffset? dueAt, bool isSilent = false, ApiTarget? api = null)
    {
        var name = isSilent ? "renewal by a silent sign-in" : dueAt is null ? "renewal on demand" : "renewal in the background";
        var trace = Activities.StartActivity(name)?.SetTag("bff.session", $"{session.Id}");
        if (api is not null) { trace?.SetTag("bff.api", api.Name); }
        return new(this, session, dueAt, isSilent, api, clock.GetTimestamp(), trace);
    }

    private void Finish(Entry entry, RenewalDecision? written)
    {
        var took = clock.GetElapsedTime(entry.StartedAt);
        if (written is not null) { Tell(entry, written, took); }
        if (entry.Api is { } api)
        {
            metrics.ApiTokenFinished(entry.Session.Provider, api, Name(entry.Outcome));
            return;
        }

        metrics.Finished(new(
            entry.Session.Provider, Name(entry.Outcome), took, entry is { Outcome: Renewed, DueAt: { } due } ? clock.GetUtcNow() - due : null));
    }

    private void Abandon(Entry entry)
    {
        if (entry.Api is { } api) { metrics.ApiTokenFinished(entry.Session.Provider, api, RenewalMetrics.Failed); }
        else { metrics.Finished(new(entry.Session.Provider, RenewalMetrics.Failed, clock.GetElapsedTime(entry.StartedAt), Lag: null)); }
    }

    private void Tell(Entry entry, RenewalDecision written, TimeSpan took)
    {
        var session = entry.Session;
        switch (written)
        {
            case Keep keep when entry.Api is { } api && keep.Session.Tokens!.Find(api) is { } token:
                Tell(session.Id, token, keep.Session.DueAt);
                break;
            case Keep keep when entry.IsSilent:
                Continued(session.Id, keep.Session.Tokens!.ExpiresAt);
                break;
            case Keep keep:
                SessionRenewed(session.Id, (long)took.TotalMilliseconds, keep.Session.Tokens!.ExpiresAt, keep.Session.DueAt);
                break;
            case Forget forget:
                RefreshTokenEnded(session.Id, forget.Tokens.ExpiresAt);
                break;
            case End end:
                SessionRejected(session.Id, session.Provider, end.Error);
                audit.RenewalRejected($"{session.Id}", end.Error, session.FrontEnd, session.Provider);
                break;
            case TryAgain { Failure.Kind: RenewalFailureKind.ProviderUnavailable } again:
                ProviderUnavailable(session.Id, again.Failure.Word, session.Failures + 1, session.Provider, again.DueAt);
                break;
            case TryAgain { Failure.NeedsSignIn: true } again:
                SignInIsNeeded(session.Provider, session.Id, again.Failure.Word, again.DueAt);
                break;
            case TryAgain again when entry.Outcome is not Unreadable:   // whoever could not open them has logged it
                WeAreMisconfigured(session.Id, again.Failure.Word, ClientRegistration.SectionOf(session.Provider), again.DueAt);
                break;
        }
    }

    private void Tell(SessionId session, ApiToken token, DateTimeOffset? dueAt)
    {
        if (token.Fault == ApiTokenFault.None) { ApiTokenObtained(session, token.Target.Name, token.ExpiresAt, dueAt); }
        else { ApiTokenRefused(session, token.Target.Name, token.Error); }
    }

    private static string Name(RefreshOutcome? outcome) => outcome switch
    {
        Renewed => RenewalMetrics.Renewed,
        Rejected => RenewalMetrics.Rejected,
        Refused => "refused",
        RefreshTokenExpired => "refresh_token_expired",
        Unreadable => "unreadable",
        Misconfigured => "misconfigured",
        _ => "unavailable",
    };

    /// <summary>One renewal under way. Failed on our side, unless it is finished.</summary>
    internal sealed class Entry(
        RenewalLog log, Session session, DateTimeOffset? dueAt, bool isSilent, ApiTarget? api, long startedAt, Activity? trace) : IDisposable
    {
        public Session Session { get; } = session;

        /// <summary>Whose token it is; null for that of the sign-in.</summary>
        public ApiTarget? Api { get; } = api;

        public DateTimeOffset? DueAt { get; } = dueAt;

        public bool IsSilent { get; } = isSilent;

        public long StartedAt { get; } = startedAt;

        private bool _finished;

        public RefreshOutcome? Outcome { get; set; }

        /// <param name="written">What was decided; null when others had moved the session meanwhile, and nothing was written.</param>
        public void Finish(RenewalDecision? written)
        {
            log.Finish(this, written);
            _finished = true;
        }

        public void Dispose()
        {
            if (!_finished) { log.Abandon(this); }
            trace?.SetTag("bff.outcome", Name(Outcome)).SetStatus(Outcome is Renewed ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
            trace?.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Information, "Session {Session} renewed in {Took} ms: the access token expires {ExpiresAt:u}, the next renewal is due {DueAt:u}.")]
    private partial void SessionRenewed(SessionId session, long took, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Information, "Session {Session} has a token for {Api}: it expires {ExpiresAt:u}, the next renewal is due {DueAt:u}.")]
    private partial void ApiTokenObtained(SessionId session, string api, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} got no token for {Api} ({Error}). The session and its other tokens are as before; a call asks again in "
        + "a while.")]
    private partial void ApiTokenRefused(SessionId session, string api, string? error);

    [LoggerMessage(LogLevel.Information, "Session {Session} renewed by a silent sign-in: the access token expires {ExpiresAt:u}.")]
    private partial void Continued(SessionId session, DateTimeOffset expiresAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} ended: provider {Provider} answered {Error} to a renewal.")]
    private partial void SessionRejected(SessionId session, string provider, string error);

    [LoggerMessage(LogLevel.Error, "The provider refuses this client, or sends what may not be used ({Error}), for session {Session}: check {Section} "
        + "and the client's registration. No session is ended; tried again {DueAt:u}.")]
    private partial void WeAreMisconfigured(SessionId session, string error, string section, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "Provider {Provider} does not renew session {Session} without its user ({Error}): its access token serves to its end; "
        + "tried again {DueAt:u}.")]
    private partial void SignInIsNeeded(string provider, SessionId session, string error, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Information, "The refresh token of session {Session} has reached its end: the session goes on without one; "
        + "its access token expires {ExpiresAt:u}.")]
    private partial void RefreshTokenEnded(SessionId session, DateTimeOffset expiresAt);

    [LoggerMessage(
        LogLevel.Warning, "Session {Session} could not be renewed ({Reason}, {Failures} in a row): provider {Provider} is unavailable; "
        + "tried again {DueAt:u}.")]
    private partial void ProviderUnavailable(SessionId session, string reason, int failures, string provider, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} moved on or ended while it was renewed; what the store has now is used.")]
    public partial void LeaseLost(SessionId session);

    [LoggerMessage(LogLevel.Error, "A renewal of session {Session} failed on our side.")]
    public partial void Failed(SessionId session, Exception error);

    [LoggerMessage(LogLevel.Error, "Provider {Provider} is unavailable; renewals pause, and one at a time finds out when it is back.")]
    public partial void BreakerOpened(string provider);

    [LoggerMessage(LogLevel.Warning, "{Count} renewals did not end before the shutdown; their leases run out by themselves.")]
    public partial void NotDrained(int count);
}

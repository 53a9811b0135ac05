using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Ops.Admin;

/// <summary>
/// One line for each thing an operator did: who, from where, to whose session. What is merely read again and again, as the ops page does every few seconds,
/// is one line a minute.
/// </summary>
internal sealed class AdminAudit(Audit audit, TimeProvider clock)
{
    private const int MaxRemembered = 1000;

    private static readonly TimeSpan ReadInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Operator Who, string What), DateTimeOffset> _reads = [];

    /// <param name="who">The operator.</param>
    /// <param name="filter">What was searched for; no user for everybody.</param>
    public void Searched(Operator who, SessionFilter filter)
    {
        var whom = string.IsNullOrEmpty(filter.User) ? "*" : Printable.Word(filter.User) + "*";
        if (IsNew(who, $"{whom} {filter.FrontEnd} {filter.Provider}")) { Write("ops_sessions_listed", who, filter.FrontEnd, filter.Provider, ("Users", whom)); }
    }

    public void Shown(Operator who, Session session)
    {
        if (IsNew(who, $"{session.Id}")) { Write("ops_session_shown", who, session); }
    }

    public void Ended(Operator who, Session session) => Write("ops_session_ended", who, session);

    /// <param name="who">The operator.</param>
    /// <param name="subject">Whose.</param>
    /// <param name="provider">Which provider's user; null when it was not said.</param>
    /// <param name="count">How many.</param>
    public void EndedAll(Operator who, string subject, string? provider, int count) =>
        Write("ops_sessions_ended", who, frontEnd: null, provider, ("Count", count), User(subject));

    public void Renewed(Operator who, Session session, string outcome) =>
        Write("ops_session_renewed", who, session, ("Outcome", outcome));

    private void Write(string @event, Operator who, Session session, params (string Name, object? Value)[] more) =>
        Write(@event, who, session.FrontEnd, session.Provider, [("Session", $"{session.Id}"), User(session.Subject), .. more]);

    private void Write(string @event, Operator who, string? frontEnd, string? provider, params (string Name, object? Value)[] more) =>
        audit.Operated(@event, who.Name, who.Address, frontEnd, provider, more);

    private static (string Name, object? Value) User(string subject) => ("User", Printable.Word(subject));

    private bool IsNew(Operator who, string what)
    {
        var now = clock.GetUtcNow();
        lock (_lock)
        {
            if (_reads.TryGetValue((who, what), out var last) && (now - last).Duration() < ReadInterval) { return false; }
            if (_reads.Count >= MaxRemembered) { _reads.Clear(); }
            _reads[(who, what)] = now;
            return true;
        }
    }
}

using Bff.Sessions;

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
    /// <param name="user">What was searched for; nothing for everybody.</param>
    public void Searched(Operator who, string? user)
    {
        var whom = string.IsNullOrEmpty(user) ? "*" : Printable.Word(user) + "*";
        if (IsNew(who, whom)) { Write("ops_sessions_listed", who, ("Users", whom)); }
    }

    public void Shown(Operator who, Session session)
    {
        if (IsNew(who, $"{session.Id}")) { Write("ops_session_shown", who, Handle(session), User(session.Subject)); }
    }

    public void Ended(Operator who, Session session) => Write("ops_session_ended", who, Handle(session), User(session.Subject));

    public void EndedAll(Operator who, string subject, int count) => Write("ops_sessions_ended", who, ("Count", count), User(subject));

    public void Renewed(Operator who, Session session, string outcome) =>
        Write("ops_session_renewed", who, Handle(session), User(session.Subject), ("Outcome", outcome));

    private void Write(string @event, Operator who, params (string Name, object? Value)[] more) => audit.Operated(@event, who.Name, who.Address, more);

    private static (string Name, object? Value) Handle(Session session) => ("Session", $"{session.Id}");

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

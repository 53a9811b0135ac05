using System.Net;
using Bff.Sessions;

namespace Bff.Ops.Admin;

/// <summary>
/// One line for each thing an operator did: who, from where, to whose session. What is merely looked at again and again, as the ops page does every few seconds,
/// is one line a minute.
/// </summary>
internal sealed partial class AdminAudit(ILoggerFactory loggers, TimeProvider clock)
{
    private const int MaxRemembered = 1000;

    private static readonly TimeSpan ReadInterval = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = loggers.CreateLogger<Audit>();
    private readonly Lock _lock = new();
    private readonly Dictionary<(Operator Who, string What), DateTimeOffset> _reads = [];

    /// <param name="who">The operator.</param>
    /// <param name="user">What was searched for; nothing for everybody.</param>
    public void Searched(Operator who, string? user)
    {
        var whom = string.IsNullOrEmpty(user) ? "all users" : $"users like {Printable.Word(user)}";
        if (IsNew(who, whom)) { SessionsListed(whom, who.Name, who.Address); }
    }

    public void Shown(Operator who, Session session)
    {
        if (IsNew(who, $"{session.Id}")) { SessionShown(session.Id, Printable.Word(session.Subject), who.Name, who.Address); }
    }

    public void Ended(Operator who, Session session) => SessionEnded(session.Id, Printable.Word(session.Subject), who.Name, who.Address);

    public void EndedAll(Operator who, string subject, int count) => SessionsEnded(count, Printable.Word(subject), who.Name, who.Address);

    public void Renewed(Operator who, Session session, string outcome) => SessionRenewed(session.Id, Printable.Word(session.Subject), who.Name, who.Address, outcome);

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

    [LoggerMessage(LogLevel.Information, "Sessions of {Users} were listed by {Operator} from {Address}.")]
    private partial void SessionsListed(string users, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "Session {Session} of {Subject} was shown to {Operator} from {Address}.")]
    private partial void SessionShown(SessionId session, string subject, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "Session {Session} of {Subject} was ended by {Operator} from {Address}.")]
    private partial void SessionEnded(SessionId session, string subject, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "All {Count} sessions of {Subject} were ended by {Operator} from {Address}.")]
    private partial void SessionsEnded(int count, string subject, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "A renewal of session {Session} of {Subject} was asked for by {Operator} from {Address}: {Outcome}.")]
    private partial void SessionRenewed(SessionId session, string subject, string @operator, IPAddress? address, string outcome);
}

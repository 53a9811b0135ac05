using System.Net;
using Bff.Sessions;

namespace Bff.Ops.Admin;

/// <summary>One line for each thing an operator did: who, from where, to whose session.</summary>
internal sealed partial class AdminAudit(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<Audit>();

    public void Ended(Operator who, Session session) => SessionEnded(session.Id, Audit.Printable(session.Subject), who.Name, who.Address);

    public void EndedAll(Operator who, string subject, int count) => SessionsEnded(count, Audit.Printable(subject), who.Name, who.Address);

    public void Renewed(Operator who, Session session, string outcome) => SessionRenewed(session.Id, Audit.Printable(session.Subject), who.Name, who.Address, outcome);

    [LoggerMessage(LogLevel.Information, "Session {Session} of {Subject} was ended by {Operator} from {Address}.")]
    private partial void SessionEnded(SessionId session, string subject, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "All {Count} sessions of {Subject} were ended by {Operator} from {Address}.")]
    private partial void SessionsEnded(int count, string subject, string @operator, IPAddress? address);

    [LoggerMessage(LogLevel.Information, "A renewal of session {Session} of {Subject} was asked for by {Operator} from {Address}: {Outcome}.")]
    private partial void SessionRenewed(SessionId session, string subject, string @operator, IPAddress? address, string outcome);
}

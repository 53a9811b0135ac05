using System.Globalization;
using System.Net;

namespace Bff;

/// <summary>
/// Who did what to whom: one line an event in the category <c>Bff.Audit</c>, which can be kept apart from the rest. All have one grammar,
/// <c>event time=… name=value …</c>, and the event's name is the line's event id, too. Sessions are named by their handle; whom one belongs to is said at
/// the sign-in, and where an operator acted on it. The address is the client's as far as trusted proxies tell it.
/// </summary>
internal sealed partial class Audit(ILogger<Audit> logger, TimeProvider clock, AuditedClient client)
{
    /// <summary>Lines that strangers can cause, a minute; the rest is counted.</summary>
    private const int MaxStrangers = 60;

    /// <summary>Numbers stay the same between releases, so new ones come at the end.</summary>
    private static readonly string[] Events =
    [
        "sign_in", "sign_in_failed", "sign_out", "session_ended", "renewal_rejected", "key_added", "key_revoked", "keys_listed", "keys_rotated",
        "configuration_reloaded", "ops_refused", "ops_sessions_listed", "ops_session_shown", "ops_session_ended", "ops_sessions_ended", "ops_session_renewed",
        "left_out", "store_migrated", "backup_made", "store_restored",
        "provider_logout", "logout_refused",
    ];

    private const string SignInFailedEvent = "sign_in_failed", OpsRefusedEvent = "ops_refused", LogoutRefusedEvent = "logout_refused";

    /// <summary>One each: whoever floods the public port hides nobody who guesses at the ops port.</summary>
    private readonly Dictionary<string, LineBudget> _strangers = new()
    {
        [SignInFailedEvent] = new(MaxStrangers, clock),
        [OpsRefusedEvent] = new(MaxStrangers, clock),
        [LogoutRefusedEvent] = new(MaxStrangers, clock),
    };

    /// <summary>The account that runs a command.</summary>
    public static string Account => $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>Who ended a session; the same words between releases.</summary>
    public static class By
    {
        public const string User = "user";
        public const string IdentityProvider = "provider";
        public const string Timeout = "timeout";
        public const string Admin = "admin";

        /// <summary>A new sign-in of the same browser.</summary>
        public const string Replaced = "replaced";

        /// <summary>A new sign-in of the same user, who had as many sessions as one may have.</summary>
        public const string Limit = "limit";

        public const string Unknown = "unknown";
    }

    /// <param name="session">The new session's handle.</param>
    /// <param name="user">The provider's <c>sub</c>.</param>
    /// <param name="frontEnd">What the operator calls the front end, here and below.</param>
    /// <param name="provider">What the operator calls the provider, whose name for the user it is.</param>
    public void SignedIn(string session, string user, string frontEnd, string provider) =>
        Write("sign_in", [("Session", session), ("User", Printable.Word(user)), Client, .. At(frontEnd, provider)]);

    /// <param name="reason">A code of Bff's own responses or of the specifications, as in the metrics.</param>
    public void SignInFailed(string reason, string frontEnd, string provider) =>
        WriteForStranger(SignInFailedEvent, [("Reason", Printable.Word(reason)), Client, .. At(frontEnd, provider)]);

    public void SignedOut(string session, string frontEnd, string provider) =>
        Write("sign_out", [("Session", session), ("By", By.User), ("Reason", "signed_out"), Client, .. At(frontEnd, provider)]);

    /// <param name="session">Its handle.</param>
    /// <param name="by">One of <see cref="By"/>.</param>
    /// <param name="reason">The reason that pages and metrics show, too.</param>
    public void SessionEnded(string session, string by, string reason, string frontEnd, string provider) => Write(
        "session_ended",
        [
            ("Session", session), ("By", by), ("Reason", reason), by is By.Admin or By.User or By.Replaced or By.Limit ? Client : default,
            .. At(frontEnd, provider),
        ]);

    /// <summary>A provider's server said that a user is signed out there; beside it each session that ends for it has its own line.</summary>
    /// <param name="user">The provider's <c>sub</c>; null when it named one of its sessions alone.</param>
    /// <param name="isOneSession">It named one of its sessions.</param>
    /// <param name="count">How many sessions ended here.</param>
    /// <param name="provider">What the operator calls the provider.</param>
    public void LoggedOutByProvider(string? user, bool isOneSession, int count, string provider) => Write(
        "provider_logout",
        [
            ("User", user is null ? null : Printable.Word(user)), ("All", !isOneSession), ("Count", count), ("By", By.IdentityProvider), Client,
            .. At(frontEnd: null, provider),
        ]);

    /// <param name="reason">Why a logout token was not accepted, in a word of Bff's own.</param>
    /// <param name="provider">What the operator calls the provider; null when it names none of ours.</param>
    public void LogoutRefused(string reason, string? provider) =>
        WriteForStranger(LogoutRefusedEvent, [("Reason", reason), Client, .. At(frontEnd: null, provider)]);

    /// <param name="session">The handle of the session that ends because of it.</param>
    /// <param name="error">The provider's word for it.</param>
    public void RenewalRejected(string session, string error, string frontEnd, string provider) =>
        Write("renewal_rejected", LogLevel.Warning, [("Session", session), ("Error", Printable.Word(error)), .. At(frontEnd, provider)]);

    /// <summary>A Data Protection key was made: the first, one that Bff made in time by itself, or one an operator asked for.</summary>
    /// <param name="key">The key's identifier, which is no secret.</param>
    public void KeyAdded(string key) => Write("key_added", ("Key", key));

    /// <summary>An operator revoked a Data Protection key, or all there were at a time: <c>all_before</c>.</summary>
    /// <param name="key">The key's identifier.</param>
    /// <param name="by">The account that ran the command.</param>
    public void KeyRevoked(string key, string by) => Write("key_revoked", LogLevel.Warning, ("Key", key), ("By", Printable.Word(by)));

    /// <summary>An operator listed the Data Protection keys; their values were not shown.</summary>
    /// <param name="count">How many there are.</param>
    public void KeysListed(int count) => Write("keys_listed", ("Count", count));

    /// <param name="key">The identifier of the key that was added.</param>
    /// <param name="by">The account that ran the command.</param>
    public void KeysRotated(string key, string by) => Write("keys_rotated", ("Key", key), ("By", Printable.Word(by)));

    /// <summary>A start, or a command, brought the session store to another version of its schema.</summary>
    public void StoreMigrated(long from, long to, long readableFrom) => Write("store_migrated", ("From", from), ("To", to), ("ReadableFrom", readableFrom));

    /// <param name="sessions">How many sessions are in it.</param>
    /// <param name="encrypted">Whether only who has the passphrase can read it.</param>
    /// <param name="by">The account that ran the command.</param>
    public void BackupMade(long sessions, bool encrypted, string by) =>
        Write("backup_made", ("Sessions", sessions), ("Encrypted", encrypted), ("By", Printable.Word(by)));

    /// <param name="madeAt">When the backup was made.</param>
    /// <param name="sessions">How many sessions it brought back.</param>
    /// <param name="ended">How many others of it have to sign in again.</param>
    /// <param name="by">The account that ran the command.</param>
    public void StoreRestored(DateTimeOffset madeAt, long sessions, long ended, string by) => Write(
        "store_restored", LogLevel.Warning, ("MadeAt", $"{madeAt:u}".Replace(' ', 'T')), ("Sessions", sessions), ("Ended", ended), ("By", Printable.Word(by)));

    /// <param name="what">The configuration keys or files that changed; never a value.</param>
    public void ConfigurationReloaded(string what) => Write("configuration_reloaded", ("What", what));

    /// <summary>A request at the ops port came without a credential that counts, or may not come at all.</summary>
    /// <param name="code">The code of the response.</param>
    public void OperatorRefused(string code) => WriteForStranger(OpsRefusedEvent, ("Reason", code), Client);

    /// <summary>What an operator did on the ops port.</summary>
    /// <param name="event">One of those that begin with <c>ops_</c>.</param>
    /// <param name="operator">The credential that was shown: <c>ops token</c>, a certificate's subject, or that none is needed on this machine.</param>
    /// <param name="address">Where from.</param>
    /// <param name="frontEnd">Whose sessions it is about; null for all.</param>
    /// <param name="provider">Whose users it is about; null for all.</param>
    /// <param name="more">To whom, and what came of it.</param>
    public void Operated(
        string @event, string @operator, IPAddress? address, string? frontEnd, string? provider, params (string Name, object? Value)[] more) =>
        Write(@event, [.. more, ("By", By.Admin), ("Operator", Printable.Word(@operator)), ("Address", address?.ToString()), .. At(frontEnd, provider)]);

    /// <summary>Last, so that what reads a line by its first fields reads on.</summary>
    private static (string Name, object? Value)[] At(string? frontEnd, string? provider) =>
        [("FrontEnd", frontEnd is null ? null : Printable.Word(frontEnd)), ("Provider", provider is null ? null : Printable.Word(provider))];

    private (string Name, object? Value) Client => ("Address", client.Address?.ToString());

    private void WriteForStranger(string @event, params (string Name, object? Value)[] fields)
    {
        TellLeftOut();
        if (_strangers[@event].Take().IsWithin) { WriteLine(@event, LogLevel.Warning, fields); }
    }

    private void Write(string @event, params (string Name, object? Value)[] fields) => Write(@event, LogLevel.Information, fields);

    private void Write(string @event, LogLevel level, params (string Name, object? Value)[] fields)
    {
        TellLeftOut();
        WriteLine(@event, level, fields);
    }

    /// <summary>Before any line, so that a flood that is over is told of, too.</summary>
    private void TellLeftOut()
    {
        foreach (var (@event, budget) in _strangers)
        {
            if (budget.TakeLeftOut() is > 0 and var count) { WriteLine("left_out", LogLevel.Warning, ("Count", count), ("Of", @event)); }
        }
    }

    private void WriteLine(string @event, LogLevel level, params (string Name, object? Value)[] fields)
    {
        var time = clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        new LogLine(("Event", @event), [("Time", time), .. fields]).WriteTo(logger, level, new EventId(Array.IndexOf(Events, @event) + 1, @event));
    }
}

namespace Bff;

/// <summary>
/// Who did what to whom: one line an event in the category <c>Bff.Audit</c>, which can be kept apart from the rest. Sessions are named by their handle, and who
/// they belong to is said once, at the sign-in.
/// </summary>
internal sealed partial class Audit(ILogger<Audit> logger)
{
    /// <summary>Who ended a session; the same words between releases.</summary>
    public static class By
    {
        public const string User = "user";
        public const string IdentityProvider = "provider";
        public const string Timeout = "timeout";
        public const string Admin = "admin";

        /// <summary>A new sign-in of the same browser.</summary>
        public const string Replaced = "replaced";
    }

    /// <param name="session">The new session's handle.</param>
    /// <param name="user">The provider's <c>sub</c>, printed without what could break a line.</param>
    public void SignedIn(string session, string user) => Started("sign_in", session, Printable.Word(user));

    public void SignedOut(string session) => Ended("sign_out", session, By.User, "signed_out");

    /// <param name="session">Its handle.</param>
    /// <param name="by">One of <see cref="By"/>.</param>
    /// <param name="reason">The reason that pages and metrics show, too.</param>
    public void SessionEnded(string session, string by, string reason) => Ended("session_ended", session, by, reason);

    /// <param name="session">The handle of the session that ends because of it.</param>
    /// <param name="error">The provider's word for it.</param>
    public void RenewalRejected(string session, string error) => Rejected("renewal_rejected", session, error);

    /// <summary>A Data Protection key was made: the first, one that Bff made in time by itself, or one an operator asked for.</summary>
    /// <param name="key">The key's identifier, which is no secret.</param>
    public void KeyAdded(string key) => Added("key_added", key);

    /// <summary>An operator revoked a Data Protection key, or all there were at a time: <c>all_before</c>.</summary>
    /// <param name="key">The key's identifier.</param>
    /// <param name="by">The account that ran the command.</param>
    public void KeyRevoked(string key, string by) => Revoked("key_revoked", key, Printable.Word(by));

    /// <summary>An operator listed the Data Protection keys; their values were not shown.</summary>
    /// <param name="count">How many there are.</param>
    public void KeysListed(int count) => Listed("keys_listed", count);

    /// <param name="key">The identifier of the key that was added.</param>
    /// <param name="by">The account that ran the command.</param>
    public void KeysRotated(string key, string by) => Rotated("keys_rotated", key, Printable.Word(by));

    /// <summary>A start, or a command, brought the session store to another version of its schema.</summary>
    public void StoreMigrated(long from, long to, long readableFrom) => Migrated("store_migrated", from, to, readableFrom);

    /// <param name="sessions">How many sessions are in it.</param>
    /// <param name="encrypted">Whether only who has the passphrase can read it.</param>
    /// <param name="by">The account that ran the command.</param>
    public void BackupMade(long sessions, bool encrypted, string by) => BackedUp("backup_made", sessions, encrypted, Printable.Word(by));

    /// <param name="madeAt">When the backup was made.</param>
    /// <param name="sessions">How many sessions it brought back.</param>
    /// <param name="ended">How many others of it have to sign in again.</param>
    /// <param name="by">The account that ran the command.</param>
    public void StoreRestored(DateTimeOffset madeAt, long sessions, long ended, string by) => Restored("store_restored", $"{madeAt:u}".Replace(' ', 'T'), sessions, ended, Printable.Word(by));

    /// <param name="what">The configuration keys or files that changed; never a value.</param>
    public void ConfigurationReloaded(string what) => Reloaded("configuration_reloaded", what);

    [LoggerMessage(LogLevel.Information, "{Event} session={Session} user={User}")]
    private partial void Started(string @event, string session, string user);

    [LoggerMessage(LogLevel.Information, "{Event} session={Session} by={By} reason={Reason}")]
    private partial void Ended(string @event, string session, string by, string reason);

    [LoggerMessage(LogLevel.Warning, "{Event} session={Session} error={Error}")]
    private partial void Rejected(string @event, string session, string error);

    [LoggerMessage(LogLevel.Information, "{Event} key={Key}")]
    private partial void Added(string @event, string key);

    [LoggerMessage(LogLevel.Warning, "{Event} key={Key} by={By}")]
    private partial void Revoked(string @event, string key, string by);

    [LoggerMessage(LogLevel.Information, "{Event} count={Count}")]
    private partial void Listed(string @event, int count);

    [LoggerMessage(LogLevel.Information, "{Event} key={Key} by={By}")]
    private partial void Rotated(string @event, string key, string by);

    [LoggerMessage(LogLevel.Information, "{Event} from={From} to={To} readable_from={ReadableFrom}")]
    private partial void Migrated(string @event, long from, long to, long readableFrom);

    [LoggerMessage(LogLevel.Information, "{Event} sessions={Sessions} encrypted={Encrypted} by={By}")]
    private partial void BackedUp(string @event, long sessions, bool encrypted, string by);

    [LoggerMessage(LogLevel.Warning, "{Event} made_at={MadeAt} sessions={Sessions} ended={Ended} by={By}")]
    private partial void Restored(string @event, string madeAt, long sessions, long ended, string by);

    [LoggerMessage(LogLevel.Information, "{Event} what={What}")]
    private partial void Reloaded(string @event, string what);
}

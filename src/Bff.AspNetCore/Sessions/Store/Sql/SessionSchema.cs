namespace Bff.Sessions.Store.Sql;

/// <summary>
/// The tables, the same in every SQL database but for the word for bytes, as an ordered list of changes: a new database takes all of them, an older one those
/// it lacks. Times are Unix milliseconds. A node of the version before may still run beside a new one, so a change only adds what the older writes without.
/// A dump of an older version that was restored over a newer one leaves tables which are not in it, so what can say IF NOT EXISTS in both databases does.
/// </summary>
internal static class SessionSchema
{
    public static int Version => Changes[^1].Version;

    /// <summary>
    /// The lowest version whose programs can use a store of <see cref="Version"/>. It stands in the store, so that a program that knows less can start on it:
    /// after a rollback, or when a node of the version before crashed in mid-upgrade. Raise it with a change that such a program does not survive.
    /// </summary>
    public const int ReadableFrom = 1;

    /// <summary>Of what begins a lease's owner: 32 digits and a slash. Owners of an older node are shorter, and none of them has a slash there.</summary>
    public const int InstanceLength = 33;

    /// <summary>Never changed once a release has it: what is to be otherwise is a further one.</summary>
    private static readonly SchemaChange[] Changes =
    [
        new(1, "sessions", Sessions),
        new(2, "sessions are found by name and by handle", ForPeople),
        new(3, "what may be used once, what is to be revoked, and whose client a session is of", OnceAndEnds),
        new(4, "expired tokens, failing renewals, and the nodes that share the store", ForOperators),
        new(5, "why sessions ended, and since when renewals fail", RememberedEnds),
        new(6, "which provider and which front end a session is of, and sessions by the provider's sid", ProvidersAndFrontEnds),
        new(7, "what is due at one provider is found beside the backlog of another", DueByClient),
        new(8, "what one node was renewing is found when it has died, and nodes count together", LeasesByNode),
        new(9, "tokens of our clients themselves", ClientTokens),
    ];

    /// <summary>The statements that bring a database from version <paramref name="from"/> (0: an empty one) to <see cref="Version"/>.</summary>
    /// <param name="from">The version it has.</param>
    /// <param name="bytes">The database's type for binary data.</param>
    public static string Migrate(long from, string bytes) => string.Concat(Changes.Where(change => change.Version > from).Select(change => change.Sql(bytes)));

    /// <summary>
    /// What this program does to such a store when it starts; null for nothing, and for an empty one: it is made, and nobody is there to miss the old.
    /// </summary>
    public static SchemaMigration? MigrationOf(StoredSchema stored) =>
        stored.Version > 0 && stored.Version < Version ? new(stored.Version, Version, ReadableFrom) : null;

    /// <summary>False for a store that a newer program has changed beyond what this one can use.</summary>
    public static bool IsUsable(StoredSchema stored) => stored.Version <= Version || stored.ReadableFrom <= Version;

    /// <summary>Refuses a store that is not <see cref="IsUsable"/>.</summary>
    /// <exception cref="IOException">It did; the message says from which version it can be used.</exception>
    public static void EnsureUsable(StoredSchema stored)
    {
        if (IsUsable(stored)) { return; }
        throw new IOException(
            $"it was written by a newer version of Bff (schema {stored.Version}, for programs that know schema {stored.ReadableFrom ?? stored.Version}; this "
            + $"one knows {Version})");
    }

    private static string Sessions(string bytes) => $"""
        CREATE TABLE sessions (
            id               TEXT    NOT NULL PRIMARY KEY,
            sid              TEXT    NOT NULL,
            subject          TEXT    NOT NULL,
            provider_sid     TEXT,
            claims           TEXT    NOT NULL,
            session_state    TEXT,
            created_at       BIGINT  NOT NULL,
            ends_at          BIGINT  NOT NULL,
            absolute_ends_at BIGINT  NOT NULL,
            version          BIGINT  NOT NULL,
            tokens           {bytes} NOT NULL,
            due_at           BIGINT,
            not_before       BIGINT  NOT NULL,
            failures         BIGINT  NOT NULL,
            lease_owner      TEXT,
            lease_until      BIGINT  NOT NULL
        );
        CREATE INDEX sessions_due  ON sessions (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX sessions_end  ON sessions (ends_at);
        CREATE INDEX sessions_user ON sessions (subject);

        """;

    /// <summary>By what people look for a session: the newest, those of a user or a name, the one a log line names.</summary>
    private static string ForPeople(string bytes) => $"""
        ALTER TABLE sessions ADD COLUMN name TEXT;
        ALTER TABLE sessions ADD COLUMN last_error TEXT;
        CREATE INDEX IF NOT EXISTS sessions_newest ON sessions (created_at, subject, name);
        CREATE INDEX IF NOT EXISTS sessions_handle ON sessions (substr(id, 1, {SessionId.HandleLength}));

        """;

    /// <summary>
    /// What was used up (a sign-in's <c>state</c>), what has still to be revoked, and whose a session is. The indexes that are counted from name it, too.
    /// </summary>
    private static string OnceAndEnds(string bytes) => $"""
        CREATE TABLE IF NOT EXISTS used_once (
            id         TEXT   NOT NULL PRIMARY KEY,
            forget_at  BIGINT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS used_once_end ON used_once (forget_at);
        CREATE TABLE IF NOT EXISTS revocations (
            id           TEXT    NOT NULL PRIMARY KEY,
            session_id   TEXT    NOT NULL,
            subject      TEXT,
            client       TEXT,
            tokens       {bytes} NOT NULL,
            due_at       BIGINT  NOT NULL,
            attempts     BIGINT  NOT NULL,
            lease_owner  TEXT,
            forget_at    BIGINT
        );
        CREATE INDEX IF NOT EXISTS revocations_due ON revocations (due_at);
        ALTER TABLE sessions ADD COLUMN client TEXT;
        DROP INDEX IF EXISTS sessions_due;
        DROP INDEX IF EXISTS sessions_end;
        CREATE INDEX sessions_due ON sessions (due_at, client) WHERE due_at IS NOT NULL;
        CREATE INDEX sessions_end ON sessions (ends_at, client);

        """;

    /// <summary>Whose access token has expired, which renewals fail, and which nodes share the store. Rows of an older node name no expiry yet.</summary>
    private static string ForOperators(string bytes) => """
        ALTER TABLE sessions ADD COLUMN token_expires_at BIGINT;
        CREATE INDEX IF NOT EXISTS sessions_failing ON sessions (failures) WHERE failures > 0;
        CREATE TABLE IF NOT EXISTS nodes (
            name       TEXT   NOT NULL PRIMARY KEY,
            version    TEXT   NOT NULL,
            url        TEXT,
            started_at BIGINT NOT NULL,
            seen_at    BIGINT NOT NULL,
            ready      BIGINT NOT NULL
        );

        """;

    /// <summary>
    /// Why a session ended, for a page that asks late: nothing of the session itself. An older node remembers nothing, and the page is told no reason. And
    /// since when renewals of a session fail, for the background, which waits its turn beside those who cannot.
    /// </summary>
    private static string RememberedEnds(string bytes) => """
        CREATE TABLE IF NOT EXISTS ends (
            id         TEXT   NOT NULL PRIMARY KEY,
            client     TEXT,
            reason     TEXT   NOT NULL,
            forget_at  BIGINT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS ends_forget ON ends (forget_at);
        ALTER TABLE sessions ADD COLUMN failing_since BIGINT;

        """;

    /// <summary>
    /// The empty name is the one that is configured without a name: all there is to an older node, which writes neither column. The index first: PostgreSQL lets
    /// others read while it builds one, and nobody after a column was added.
    /// </summary>
    private static string ProvidersAndFrontEnds(string bytes) => """
        CREATE INDEX IF NOT EXISTS sessions_provider_sid ON sessions (provider_sid) WHERE provider_sid IS NOT NULL;
        ALTER TABLE sessions ADD COLUMN provider TEXT NOT NULL DEFAULT '';
        ALTER TABLE sessions ADD COLUMN front_end TEXT NOT NULL DEFAULT '';

        """;

    /// <summary>The indexes by time alone stay for a version: a node of the one before would look for what is due in all rows.</summary>
    private static string DueByClient(string bytes) => """
        CREATE INDEX IF NOT EXISTS sessions_client_due ON sessions (client, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX IF NOT EXISTS revocations_client_due ON revocations (client, due_at);

        """;

    /// <summary>Only what is being renewed is in it. A node of the version before writes it, too; its owners name no node, and their leases run out.</summary>
    private static string LeasesByNode(string bytes) => $"""
        CREATE INDEX IF NOT EXISTS sessions_leased ON sessions (substr(lease_owner, 1, {InstanceLength})) WHERE lease_owner IS NOT NULL;
        CREATE TABLE IF NOT EXISTS counts (
            id         TEXT   NOT NULL PRIMARY KEY,
            counted    BIGINT NOT NULL,
            forget_at  BIGINT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS counts_end ON counts (forget_at);

        """;

    /// <summary>They are no session's. Without tokens while the first is being got; a node of the version before has none and asks for none.</summary>
    private static string ClientTokens(string bytes) => $"""
        CREATE TABLE IF NOT EXISTS client_tokens (
            id          TEXT    NOT NULL PRIMARY KEY,
            version     BIGINT  NOT NULL,
            tokens      {bytes},
            lease_owner TEXT,
            lease_until BIGINT  NOT NULL,
            forget_at   BIGINT  NOT NULL
        );

        """;
}

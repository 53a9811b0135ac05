namespace Bff.Sessions.Stores;

/// <summary>The tables, the same in every SQL database but for the word for bytes. Times are Unix milliseconds.</summary>
internal static class SessionSchema
{
    public const int Version = 2;

    /// <param name="bytes">The database's type for binary data.</param>
    public static string Create(string bytes) => $"""
        CREATE TABLE sessions (
            id               TEXT    NOT NULL PRIMARY KEY,
            sid              TEXT    NOT NULL,
            subject          TEXT    NOT NULL,
            name             TEXT,
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
            last_error       TEXT,
            lease_owner      TEXT,
            lease_until      BIGINT  NOT NULL
        );
        CREATE INDEX sessions_due  ON sessions (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX sessions_end  ON sessions (ends_at);
        CREATE INDEX sessions_user ON sessions (subject);
        {ForPeople}
        """;

    /// <summary>What version 2 added; a version 1 that still runs beside it goes on writing its columns.</summary>
    public static readonly string From1 = $"""
        ALTER TABLE sessions ADD COLUMN name TEXT;
        ALTER TABLE sessions ADD COLUMN last_error TEXT;
        {ForPeople}
        """;

    /// <summary>By what people look for a session: the newest, those of a user or a name, the one a log line names.</summary>
    private static string ForPeople => $"""
        CREATE INDEX sessions_newest ON sessions (created_at, subject, name);
        CREATE INDEX sessions_handle ON sessions (substr(id, 1, {SessionId.HandleLength}));
        """;
}

namespace Bff.Sessions.Stores;

/// <summary>The tables, the same in every SQL database but for the word for bytes. Times are Unix milliseconds.</summary>
internal static class SessionSchema
{
    public const int Version = 1;

    /// <param name="bytes">The database's type for binary data.</param>
    /// <param name="clustered">What follows the table definition, where a database can keep rows in key order.</param>
    public static string Create(string bytes, string clustered = "") => $"""
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
        ) {clustered};
        CREATE INDEX sessions_due  ON sessions (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX sessions_end  ON sessions (ends_at);
        CREATE INDEX sessions_user ON sessions (subject);
        """;
}

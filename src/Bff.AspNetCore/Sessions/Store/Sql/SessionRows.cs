using System.Data.Common;
using System.Text.Json;
using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <summary>Makes sessions of rows. One damaged row must not stop the work on all others.</summary>
internal sealed class SessionRows(TokenProtector protector, IOptions<SessionClients> clients, TimeProvider clock)
{
    public const string Columns =
        "id, sid, subject, claims, session_state, created_at, ends_at, absolute_ends_at, version, tokens, "
        + "due_at, not_before, failures, lease_until, last_error, failing_since, client, front_end";

    /// <summary>What is told of a session that ends.</summary>
    public const string EndedColumns = "id, ends_at, absolute_ends_at, client, front_end";

    /// <summary>What a user sees of a session of theirs, and whose it is.</summary>
    public const string OwnColumns = "id, front_end, created_at, ends_at, absolute_ends_at, claims";

    /// <summary>What is enough for a <see cref="SessionGlance"/>.</summary>
    public const string GlanceColumns = "id, version, failures, ends_at";

    /// <summary>The place of <c>tokens</c> among <see cref="Columns"/>.</summary>
    public const int SealedColumn = 9;

    public Session Read(DbDataReader row)
    {
        var id = new SessionId(row.GetString(0));
        try
        {
            return Read(id, row);
        }
        catch (Exception error) when (IsAboutTheRow(error))
        {
            // A column that holds something else: as if its tokens could not be opened, so that its user signs in again and the rows beside it are worked on.
            protector.IsUnreadable(id);
            return new Session { Id = id, Sid = id.Value, Subject = "", Claims = [], CreatedAt = default, EndsAt = default, AbsoluteEndsAt = default,
                Tokens = null };
        }
    }

    /// <param name="row">Of <see cref="GlanceColumns"/>.</param>
    /// <returns>Null when one of them holds something else: who then reads the session finds out what that means.</returns>
    public static SessionGlance? ReadGlance(DbDataReader row)
    {
        try
        {
            return new(new(row.GetString(0)), row.GetInt64(1), checked((int)row.GetInt64(2)), Time(row, 3));
        }
        catch (Exception error) when (IsAboutTheRow(error))
        {
            return null;
        }
    }

    private static bool IsAboutTheRow(Exception error) =>
        error is InvalidCastException or InvalidOperationException or ArgumentException or FormatException or OverflowException;

    /// <param name="row">Of <see cref="EndedColumns"/>.</param>
    /// <param name="reason">Why it ended; null for its timeout.</param>
    public EndedSession ReadEnded(DbDataReader row, string? reason) => new(
        new SessionId(row.GetString(0)), reason ?? EndReasons.TimeoutOf(Time(row, 1), Time(row, 2)),
        FromColumn(row.GetValue(4) as string ?? ""), clients.Value.Named(row.GetValue(3) as string).Provider);

    /// <summary>The name of what has none is empty in the store.</summary>
    public static string ToColumn(string name) => name == SettingsSection.Default ? "" : name;

    private static string FromColumn(string name) => name.Length == 0 ? SettingsSection.Default : name;

    private Session Read(SessionId id, DbDataReader row)
    {
        var tokens = protector.Unprotect(id, row.GetFieldValue<byte[]>(SealedColumn));
        return new Session
        {
            Id = id,
            Sid = row.GetString(1),
            Provider = clients.Value.Named(row.IsDBNull(16) ? null : row.GetString(16)).Provider,
            FrontEnd = FromColumn(row.GetString(17)),
            Subject = row.GetString(2),
            Claims = ReadClaims(row.GetString(3)),
            SessionState = row.IsDBNull(4) ? null : row.GetString(4),
            CreatedAt = Time(row, 5),
            EndsAt = Time(row, 6),
            AbsoluteEndsAt = Time(row, 7),
            Version = row.GetInt64(8),
            Tokens = tokens,
            DueAt = row.IsDBNull(10) ? null : Time(row, 10),
            NotBefore = Time(row, 11),
            Failures = (int)row.GetInt64(12),
            LeaseUntil = Time(row, 13),
            LastError = row.IsDBNull(14) ? null : row.GetString(14),
            FailingSince = row.GetInt64(12) == 0 || row.IsDBNull(15) || IsOfBefore(Time(row, 15), tokens) ? null : Time(row, 15),
        };
    }

    /// <summary>
    /// An older node leaves the time when a renewal succeeds: it is then of a failure before these tokens, unless the clock was set back since they came.
    /// </summary>
    private bool IsOfBefore(DateTimeOffset failingSince, TokenSet? tokens) => failingSince < tokens?.ObtainedAt && tokens.ObtainedAt <= clock.GetUtcNow();

    /// <param name="claims">The column.</param>
    public static string? TenantOf(string claims) => ReadClaims(claims).FirstOrDefault(claim => claim.Type == TenantIssuers.Claim)?.Value;

    /// <param name="row">Of <see cref="OwnColumns"/>.</param>
    public static UserSession ReadOwn(DbDataReader row) =>
        new(new SessionId(row.GetString(0)), FromColumn(row.GetString(1)), Time(row, 2), Time(row, 3), Time(row, 4));

    private static SessionClaim[] ReadClaims(string json)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize<SessionClaim?[]>(json) ?? []).OfType<SessionClaim>()
                .Where(claim => claim.Type is not null && claim.Value is not null)];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

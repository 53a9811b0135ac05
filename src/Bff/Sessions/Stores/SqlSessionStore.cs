using System.Data.Common;
using System.Text.Json;
using Bff.Tokens;

namespace Bff.Sessions.Stores;

/// <summary>Sessions in a SQL database. Times are Unix milliseconds; every write is one statement, so no transaction can be left half done.</summary>
internal sealed class SqlSessionStore(SessionDatabase database, TokenProtector protector, SessionChanges changes) : ISessionStore
{
    private const string Columns =
        "id, sid, subject, claims, session_state, created_at, ends_at, absolute_ends_at, version, tokens, due_at, not_before, failures, lease_until, last_error";

    private static readonly string Handle = $"substr(id, 1, {SessionId.HandleLength})";

    // While a session is leased its due time is the end of the lease: a renewal whose node died becomes due again by itself.
    private const string TakeLease = "UPDATE sessions SET lease_owner = @owner, lease_until = @until, due_at = @until ";

    public async Task AddAsync(Session session, CancellationToken cancel)
    {
        await ExecuteAsync(
            """
            INSERT INTO sessions (id, sid, subject, name, provider_sid, claims, session_state, created_at, ends_at, absolute_ends_at,
                                  version, tokens, due_at, not_before, failures, lease_until)
            VALUES (@id, @sid, @subject, @name, @provider_sid, @claims, @session_state, @created_at, @ends_at, @absolute_ends_at,
                    @version, @tokens, @due_at, 0, 0, 0)
            """,
            cancel,
            ("id", session.Id.Value), ("sid", session.Sid), ("subject", session.Subject), ("name", Folded(session.DisplayName)), ("provider_sid", session.ClaimValue("sid")),
            ("claims", JsonSerializer.Serialize(session.Claims)), ("session_state", session.SessionState),
            ("created_at", Milliseconds(session.CreatedAt)), ("ends_at", Milliseconds(session.EndsAt)),
            ("absolute_ends_at", Milliseconds(session.AbsoluteEndsAt)), ("version", session.Version),
            ("tokens", protector.Protect(session.Id, session.Tokens!)), ("due_at", Milliseconds(session.DueAt)));
        changes.Publish(new SessionChange(session.Id, session.DueAt, Started: true));
    }

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancel) =>
        (await QueryAsync($"SELECT {Columns} FROM sessions WHERE id = @id", cancel, ("id", id.Value))).FirstOrDefault();

    public async Task SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancel)
    {
        await ExecuteAsync(
            """
            UPDATE sessions SET ends_at = CASE WHEN @ends_at < absolute_ends_at THEN @ends_at ELSE absolute_ends_at END
            WHERE id = @id AND ends_at < @ends_at
            """,
            cancel, ("id", id.Value), ("ends_at", Milliseconds(endsAt)));
        changes.Publish(id);
    }

    public async Task<bool> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancel)
    {
        var removed = version is null
            ? await ExecuteAsync("DELETE FROM sessions WHERE id = @id", cancel, ("id", id.Value))
            : await ExecuteAsync("DELETE FROM sessions WHERE id = @id AND version = @version", cancel, ("id", id.Value), ("version", version));
        changes.Publish(new SessionChange(id, DueAt: null, Ended: removed > 0 ? reason : null));
        return removed > 0;
    }

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(string subject, string reason, CancellationToken cancel)
    {
        List<Session> removed;
        using (await database.TakeTurnToWriteAsync(cancel))
        {
            removed = await QueryAsync($"DELETE FROM sessions WHERE subject = @subject RETURNING {Columns}", cancel, ("subject", subject));
        }

        foreach (var session in removed) { changes.Publish(new SessionChange(session.Id, DueAt: null, reason)); }
        return removed;
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancel)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancel);
        return await QueryAsync(
            "DELETE FROM sessions WHERE ends_at <= @now RETURNING id, ends_at, absolute_ends_at",
            row => new EndedSession(new SessionId(row.GetString(0)), EndReasons.TimeoutOf(Time(row, 1), Time(row, 2))),
            cancel, ("now", Milliseconds(now)));
    }

    public async Task<IReadOnlyList<Lease>> ClaimDueAsync(DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancel)
    {
        // The condition is repeated outside the subquery on purpose: after waiting for a row lock PostgreSQL re-checks
        // only the outer WHERE, and without it two nodes would both win the same session.
        using var turn = await database.TakeTurnToWriteAsync(cancel);
        var claimed = await QueryAsync(
            $"""
            {TakeLease}
            WHERE id IN (SELECT id FROM sessions WHERE due_at <= @now AND lease_until <= @now AND ends_at > @now ORDER BY due_at LIMIT @take {database.SkipLocked})
              AND due_at <= @now AND lease_until <= @now
            RETURNING {Columns}
            """,
            cancel, ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)), ("take", take));
        return [.. claimed.Select(session => new Lease(session, owner, leaseUntil))];
    }

    public async Task<Lease?> ClaimAsync(SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancel)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancel);
        var claimed = await QueryAsync(
            $"{TakeLease} WHERE id = @id AND version = @version AND lease_until <= @now AND not_before <= @now AND ends_at > @now RETURNING {Columns}",
            cancel, ("id", id.Value), ("version", version), ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)));
        return claimed is [var session] ? new Lease(session, owner, leaseUntil) : null;
    }

    public async Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancel)
    {
        var parameters = new List<(string Name, object? Value)>
        {
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("tokens", protector.Protect(lease.Session.Id, tokens)), ("due_at", Milliseconds(dueAt)),
        };
        var claimColumns = "";
        if (claims is not null)
        {
            claimColumns = ", claims = @claims, name = @name, provider_sid = @provider_sid";
            var user = lease.Session with { Claims = claims };
            parameters.AddRange([("claims", JsonSerializer.Serialize(claims)), ("name", Folded(user.DisplayName)), ("provider_sid", user.ClaimValue("sid"))]);
        }

        var written = await ExecuteAsync(
            $"""
            UPDATE sessions SET tokens = @tokens, due_at = @due_at, version = version + 1, failures = 0, last_error = NULL, not_before = 0,
                                lease_owner = NULL, lease_until = 0{claimColumns}
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancel, [.. parameters]);
        changes.Publish(lease.Session.Id, dueAt);
        return written > 0;
    }

    public async Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel)
    {
        var written = await ExecuteAsync(
            """
            UPDATE sessions SET tokens = @tokens, version = version + 1,
                                due_at = @due_at, not_before = @not_before, failures = failures + 1, last_error = @error,
                                lease_owner = NULL, lease_until = 0
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancel,
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("tokens", protector.Protect(lease.Session.Id, tokens)),
            ("due_at", Milliseconds(dueAt)), ("not_before", Milliseconds(notBefore)), ("error", error));
        changes.Publish(lease.Session.Id, dueAt);
        return written > 0;
    }

    public async Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel)
    {
        await ExecuteAsync(
            """
            UPDATE sessions SET due_at = @due_at, not_before = @not_before, failures = failures + 1, last_error = @error,
                                lease_owner = NULL, lease_until = 0
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancel,
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("due_at", Milliseconds(dueAt)), ("not_before", Milliseconds(notBefore)), ("error", error));
        changes.Publish(lease.Session.Id, dueAt);
    }

    public async Task<DateTimeOffset?> NextDueAsync(DateTimeOffset now, CancellationToken cancel) =>
        await NumberAsync("SELECT due_at FROM sessions WHERE due_at IS NOT NULL AND ends_at > @now ORDER BY due_at LIMIT 1", now, cancel) is { } due
            ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;

    public async Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancel) =>
        await NumberAsync("SELECT COUNT(*) FROM sessions WHERE due_at <= @now AND ends_at > @now", now, cancel) ?? 0;

    public async Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancel) =>
        (await QueryAsync(
            "SELECT (SELECT COUNT(*) FROM sessions WHERE ends_at > @now), (SELECT COUNT(*) FROM sessions WHERE due_at IS NOT NULL)",
            row => new SessionCount(row.GetInt64(0), row.GetInt64(1)),
            cancel, ("now", Milliseconds(now)))).Single();

    public async Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancel)
    {
        var counts = new long[steps];
        var found = await QueryAsync(
            "SELECT (due_at - @now) / @step, COUNT(*) FROM sessions WHERE due_at >= @now AND due_at < @until GROUP BY 1",
            row => (Step: row.GetInt64(0), Count: row.GetInt64(1)), cancel,
            ("now", Milliseconds(now)), ("step", (long)step.TotalMilliseconds), ("until", Milliseconds(now + (step * steps))));
        foreach (var (at, count) in found) { counts[at] = count; }
        return counts;
    }

    public async Task<Session?> FindByHandleAsync(string handle, CancellationToken cancel) =>
        (await QueryAsync($"SELECT {Columns} FROM sessions WHERE {Handle} = @handle", cancel, ("handle", handle))).FirstOrDefault();

    public async Task<IReadOnlyList<Session>> SearchAsync(string? user, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancel)
    {
        var where = "ends_at > @now";
        var parameters = new List<(string Name, object? Value)> { ("now", Milliseconds(now)), ("take", take) };
        if (!string.IsNullOrEmpty(user))
        {
            // Not LIKE: what it takes for the same letter differs between databases.
            where += " AND (substr(subject, 1, length(@user)) = @user OR substr(name, 1, length(@name)) = @name)";
            parameters.AddRange([("user", user), ("name", Folded(user))]);
        }

        if (after is not null)
        {
            where += $" AND created_at <= @at AND (created_at < @at OR {Handle} < @handle)";
            parameters.AddRange([("at", Milliseconds(after.CreatedAt)), ("handle", after.Handle)]);
        }

        return await QueryAsync($"SELECT {Columns} FROM sessions WHERE {where} ORDER BY created_at DESC, {Handle} DESC LIMIT @take", cancel, [.. parameters]);
    }

    /// <summary>As a name is searched for, whatever its case; done here, since databases differ in what they know of letters.</summary>
    private static string Folded(string name) => name.ToLowerInvariant();

    private async Task<long?> NumberAsync(string sql, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancel);
        await using var command = Command(connection, sql, [("now", Milliseconds(now))]);
        return await command.ExecuteScalarAsync(cancel) as long?;
    }

    private Session Read(DbDataReader row)
    {
        var id = new SessionId(row.GetString(0));
        return new Session
        {
            Id = id,
            Sid = row.GetString(1),
            Subject = row.GetString(2),
            Claims = ReadClaims(row.GetString(3)),
            SessionState = row.IsDBNull(4) ? null : row.GetString(4),
            CreatedAt = Time(row, 5),
            EndsAt = Time(row, 6),
            AbsoluteEndsAt = Time(row, 7),
            Version = row.GetInt64(8),
            Tokens = protector.Unprotect(id, row.GetFieldValue<byte[]>(9)),
            DueAt = row.IsDBNull(10) ? null : Time(row, 10),
            NotBefore = Time(row, 11),
            Failures = (int)row.GetInt64(12),
            LeaseUntil = Time(row, 13),
            LastError = row.IsDBNull(14) ? null : row.GetString(14),
        };
    }

    /// <summary>One damaged row must not stop the work on all others.</summary>
    private static SessionClaim[] ReadClaims(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<SessionClaim[]>(json) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancel, params (string Name, object? Value)[] parameters)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancel);
        await using var connection = await database.DataSource.OpenConnectionAsync(cancel);
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private Task<List<Session>> QueryAsync(string sql, CancellationToken cancel, params (string Name, object? Value)[] parameters) => QueryAsync(sql, Read, cancel, parameters);

    private async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancel, params (string Name, object? Value)[] parameters)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancel);
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel)) { rows.Add(read(reader)); }
        return rows;
    }

    private static DbCommand Command(DbConnection connection, string sql, (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static long? Milliseconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}

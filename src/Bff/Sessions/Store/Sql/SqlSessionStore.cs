using System.Data.Common;
using System.Text.Json;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store.Sql;

/// <summary>
/// Sessions in a SQL database. Times are Unix milliseconds; every write is one statement, so no transaction can be left half done. The one exception are ends
/// of sessions, which keep in the same transaction what has to be revoked.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="protector">Seals the tokens.</param>
/// <param name="changes">Told of each write.</param>
/// <param name="client">Ours.</param>
/// <param name="clock">The time.</param>
/// <param name="maxRememberedEnds">The oldest ends are forgotten sooner when there are more: they take about 200 bytes each.</param>
internal sealed class SqlSessionStore(
    SessionDatabase database, TokenProtector protector, SessionChanges changes, IOptions<SessionClient> client, TimeProvider clock,
    int maxRememberedEnds = 1_000_000)
    : IFullSessionStore
{
    private const string Columns =
        "id, sid, subject, claims, session_state, created_at, ends_at, absolute_ends_at, version, tokens, "
        + "due_at, not_before, failures, lease_until, last_error, failing_since";

    /// <summary>Of our client. Rows from before there was one to name belong to whoever comes, and take the name with their next renewal.</summary>
    private const string Ours = "coalesce(client, @client) = @client";

    /// <summary>A node's own, so that nodes do not wait for each other.</summary>
    private static readonly string ProbeRow = "probe:" + Guid.NewGuid().ToString("N");

    /// <summary>Rows deleted by one transaction of the sweep: others get their turn to write between two.</summary>
    public const int SweepBatch = 1000;

    /// <summary>What is only to be forgotten is deleted in so many batches a sweep at most, so that ended sessions behind it are reached in time.</summary>
    private const int MaxBatches = 100;

    /// <summary>Sessions of a client that nobody runs any longer are deleted this long after their end; without it nobody can revoke anything.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(7);

    /// <summary>A revocation is tried this long, from its first attempt on.</summary>
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromDays(1);

    /// <summary>A revocation that a living session holds back is looked at again after this.</summary>
    private static readonly TimeSpan HeldBackFor = TimeSpan.FromMinutes(10);

    /// <summary>Long enough for a page that was left open over a weekend.</summary>
    private static readonly TimeSpan RememberEndsFor = TimeSpan.FromDays(3);

    /// <summary>To count that many takes a moment.</summary>
    private static readonly TimeSpan EndsCountInterval = TimeSpan.FromHours(1);

    private DateTimeOffset _endsCountDue;

    /// <summary>The user has a session here that may share its grant at the provider with the ended one.</summary>
    private const string HeldBack = $"EXISTS (SELECT 1 FROM sessions WHERE sessions.subject = revocations.subject AND sessions.ends_at > @now AND {Ours})";

    /// <summary>In two indexes: what fails is due later than it was, and what is being renewed just now is due when its lease ends.</summary>
    private const string Troubled = "due_at IS NOT NULL AND (failures > 0 OR due_at <= @late)";

    private static readonly string Handle = $"substr(id, 1, {SessionId.HandleLength})";

    // While a session is leased its due time is the end of the lease: a renewal whose node died becomes due again by itself.
    private const string TakeLease = "UPDATE sessions SET lease_owner = @owner, lease_until = @until, due_at = @until, client = @client ";

    public async Task<IReadOnlyList<SessionId>> AddAsync(Session session, IReadOnlyCollection<SessionId> replaced, CancellationToken cancellationToken)
    {
        var ended = new List<SessionId>();
        using (await database.TakeTurnToWriteAsync(cancellationToken))
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var insert = Insert(connection, session);
            insert.Transaction = transaction;
            await insert.ExecuteNonQueryAsync(cancellationToken);

            // After it: the new session holds back the revocation of what it replaces, whose tokens may be of the same grant.
            foreach (var id in replaced)
            {
                ended.AddRange(await DeleteAsync(
                    transaction, $"id = @id AND {Ours}", "id", row =>
                        new SessionId(row.GetString(0)), EndReasons.Replaced, cancellationToken, ("id", id.Value), Client));
            }

            await transaction.CommitAsync(cancellationToken);
        }

        changes.Publish(new SessionChange(session.Id, session.DueAt, Started: true));
        foreach (var id in ended) { changes.Publish(new SessionChange(id, DueAt: null, EndReasons.Replaced)); }
        return ended;
    }

    private DbCommand Insert(DbConnection connection, Session session) => Command(
        connection,
        """
        INSERT INTO sessions (id, sid, subject, name, provider_sid, claims, session_state, created_at, ends_at, absolute_ends_at,
                              version, tokens, token_expires_at, due_at, not_before, failures, lease_until, client)
        VALUES (@id, @sid, @subject, @name, @provider_sid, @claims, @session_state, @created_at, @ends_at, @absolute_ends_at,
                @version, @tokens, @token_expires_at, @due_at, 0, 0, 0, @client)
        """,
        [
            ("id", session.Id.Value), ("sid", session.Sid), ("subject", session.Subject), ("name", Folded(session.DisplayName)),
            ("provider_sid", session.ClaimValue("sid")), ("claims", JsonSerializer.Serialize(session.Claims)), ("session_state", session.SessionState),
            ("created_at", Milliseconds(session.CreatedAt)), ("ends_at", Milliseconds(session.EndsAt)),
            ("absolute_ends_at", Milliseconds(session.AbsoluteEndsAt)), ("version", session.Version),
            ("tokens", protector.Protect(session.Id, session.Tokens!)), ("token_expires_at", Milliseconds(session.Tokens!.ExpiresAt)),
            ("due_at", Milliseconds(session.DueAt)), Client,
        ]);

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        var found = (await QueryAsync($"SELECT {Columns} FROM sessions WHERE id = @id AND {Ours}", cancellationToken, ("id", id.Value), Client))
            .FirstOrDefault();

        // Its key may be among those that cannot be read now.
        return found is { Tokens: null } && protector.Unreadable is { } keys ? throw keys : found;
    }

    public async Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken) =>
        (await QueryAsync(
            $"SELECT reason FROM ends WHERE id = @id AND forget_at > @now AND {Ours}", row => row.GetString(0), cancellationToken,
            ("id", id.Value), ("now", Milliseconds(clock.GetUtcNow())), Client)).FirstOrDefault();

    public async Task ProbeReadAsync(CancellationToken cancellationToken) =>
        await QueryAsync("SELECT id FROM sessions LIMIT 1", row => row.GetString(0), cancellationToken);

    public async Task ProbeWriteAsync(CancellationToken cancellationToken) => await ExecuteAsync(
        "INSERT INTO used_once (id, forget_at) VALUES (@id, 1) ON CONFLICT (id) DO UPDATE SET forget_at = used_once.forget_at + 1",
        cancellationToken, ("id", ProbeRow));   // swept each minute

    public async Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        var ends = await QueryAsync(
            """
            UPDATE sessions SET ends_at = CASE WHEN ends_at >= @ends_at THEN ends_at WHEN @ends_at < absolute_ends_at THEN @ends_at ELSE absolute_ends_at END
            WHERE id = @id RETURNING ends_at
            """,
            row => Time(row, 0), cancellationToken, ("id", id.Value), ("ends_at", Milliseconds(endsAt)));
        changes.Publish(id);
        return ends is [var end] ? end : null;
    }

    public Task<bool> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken) =>
        RemoveAsync(id, "version = coalesce(@version, version)", ("version", version), reason, cancellationToken);

    public Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken) =>
        RemoveAsync(lease.Session.Id, $"version = {lease.Session.Version} AND lease_owner = @owner", ("owner", lease.Owner), reason, cancellationToken);

    private async Task<bool> RemoveAsync(SessionId id, string fence, (string Name, object? Value) seen, string reason, CancellationToken cancellationToken)
    {
        var removed = await DeleteAsync(
            $"id = @id AND {fence} AND {Ours}", "id", row => row.GetString(0), reason, cancellationToken, ("id", id.Value), seen, Client);
        changes.Publish(new SessionChange(id, DueAt: null, Ended: removed.Count > 0 ? reason : null));
        return removed.Count > 0;
    }

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(string subject, string reason, CancellationToken cancellationToken)
    {
        var removed = await DeleteAsync($"subject = @subject AND {Ours}", Columns, Read, reason, cancellationToken, ("subject", subject), Client);
        foreach (var session in removed) { changes.Publish(new SessionChange(session.Id, DueAt: null, reason)); }
        return removed;
    }

    public async Task<IReadOnlyList<SessionId>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken)
    {
        // A sealed text begins with four bytes that are always the same, and the id of its key.
        var removed = await DeleteAsync(
            $"substr(tokens, 5, 16) = @key AND {Ours}", "id", row => new SessionId(row.GetString(0)), reason, cancellationToken,
            ("key", key.ToByteArray()), Client);
        foreach (var id in removed) { changes.Publish(new SessionChange(id, DueAt: null, reason)); }
        return removed;
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await DeleteUntilAsync("used_once", "forget_at", Milliseconds(now), cancellationToken);
        await ForgetEndsAsync(now, cancellationToken);
        var ended = new List<EndedSession>();
        for (var batch = SweepBatch; batch == SweepBatch;)
        {
            var removed = await DeleteAsync(
                $"""
                ends_at <= @now AND id IN
                (SELECT id FROM sessions WHERE ends_at <= @now AND {Ours} ORDER BY ends_at, id LIMIT {SweepBatch} {database.SkipLocked})
                """,
                "id, ends_at, absolute_ends_at",
                row => new EndedSession(new SessionId(row.GetString(0)), EndReasons.TimeoutOf(Time(row, 1), Time(row, 2))),
                reason: null, cancellationToken, ("now", Milliseconds(now)), Client);
            ended.AddRange(removed);
            batch = removed.Count;
        }

        await DeleteUntilAsync("sessions", "ends_at", Milliseconds(now - Abandoned), cancellationToken);
        return ended;
    }

    private async Task ForgetEndsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await DeleteUntilAsync("ends", "forget_at", Milliseconds(now), cancellationToken);
        if (now < _endsCountDue && _endsCountDue - now <= EndsCountInterval) { return; }   // the clock may have been set back since
        var tooMany = await QueryAsync(
            "SELECT forget_at FROM ends ORDER BY forget_at DESC LIMIT 1 OFFSET @max", row => row.GetInt64(0), cancellationToken, ("max", maxRememberedEnds));
        if (tooMany is [var oldest] && !await DeleteUntilAsync("ends", "forget_at", oldest, cancellationToken)) { return; }   // goes on with the next sweep
        _endsCountDue = now + EndsCountInterval;
    }

    /// <returns>False when there are more.</returns>
    private async Task<bool> DeleteUntilAsync(string table, string column, long until, CancellationToken cancellationToken)
    {
        // The condition is outside the subquery, too, as in ClaimDueAsync.
        var sql =
            $"""
            DELETE FROM {table} WHERE {column} <= @until AND id IN
            (SELECT id FROM {table} WHERE {column} <= @until ORDER BY {column} LIMIT {SweepBatch} {database.SkipLocked})
            """;
        for (var batch = 0; batch < MaxBatches; batch++)
        {
            if (await ExecuteAsync(sql, cancellationToken, ("until", until)) < SweepBatch) { return true; }
        }

        return false;
    }

    public async Task RevokeLaterAsync(SessionId id, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken)
    {
        if (tokens.RefreshToken is null || !client.Value.KeepsForRevocation()) { return; }

        // What an ended session left behind is older than this, and was used up for it. Whether it waits for other sessions was decided by the end.
        await ExecuteAsync(
            """
            INSERT INTO revocations (id, session_id, subject, client, tokens, due_at, attempts)
            VALUES (@id, @session_id, coalesce(@subject, (SELECT subject FROM sessions WHERE id = @session_id)), @client, @tokens, 0, 0)
            ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, due_at = 0, lease_owner = NULL
            """,
            cancellationToken, ("id", ended ? id.Value : Guid.NewGuid().ToString("N")), ("session_id", id.Value),
            ("subject", subject), ("tokens", protector.Protect(id, tokens)), Client);
        changes.PublishToRevoke();
    }

    public async Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken)
    {
        var owner = Guid.NewGuid().ToString("N");
        while (true)
        {
            using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
            var due = await QueryAsync(
                $"""
                UPDATE revocations SET
                    lease_owner = CASE WHEN {HeldBack} THEN NULL ELSE @owner END,
                    due_at      = CASE WHEN {HeldBack} THEN @later ELSE @until END,
                    attempts    = CASE WHEN {HeldBack} THEN attempts ELSE attempts + 1 END,
                    forget_at   = CASE WHEN {HeldBack} THEN forget_at ELSE coalesce(forget_at, @forget_at) END
                WHERE due_at <= @now AND id IN
                (SELECT id FROM revocations WHERE due_at <= @now AND {Ours} ORDER BY due_at LIMIT @take {database.SkipLocked})
                RETURNING id, session_id, tokens, attempts, forget_at, lease_owner
                """,
                row => row.IsDBNull(5) ? null : ReadRevocation(row, owner),
                [
                    ("now", Milliseconds(now)), ("until", Milliseconds(until)), ("later", Milliseconds(now + HeldBackFor)),
                    ("forget_at", Milliseconds(now + ForgetAfter)), ("take", take), ("owner", owner), Client,
                ],
                sealedColumn: 2, cancellationToken);

            // Those held back come later; there may be others behind them.
            if (due.Count == 0 || due.Exists(revocation => revocation is not null)) { return [.. due.OfType<Revocation>()]; }
        }
    }

    public async Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken)
    {
        const string Mine = "WHERE id = @id AND lease_owner = @owner";
        await ExecuteAsync(
            again is null
                ? $"DELETE FROM revocations {Mine}"
                : "UPDATE revocations SET due_at = @again, attempts = @attempts, forget_at = CASE WHEN @attempts = 0 THEN NULL ELSE forget_at END, "
                + $"lease_owner = NULL {Mine}",
            cancellationToken, ("id", revocation.Id), ("owner", revocation.Owner), ("again", Milliseconds(again)), ("attempts", revocation.Attempts));
    }

    public async Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            "INSERT INTO used_once (id, forget_at) VALUES (@id, @forget_at) ON CONFLICT DO NOTHING", cancellationToken,
            ("id", id), ("forget_at", Milliseconds(forgetAt))) > 0;

    public async Task<IReadOnlyList<Lease>> ClaimDueAsync(
        DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken)
    {
        // The condition is repeated outside the subquery on purpose: after waiting for a row lock PostgreSQL re-checks
        // only the outer WHERE, and without it two nodes would both win the same session.
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        var claimed = await QueryAsync(
            $"""
            {TakeLease}
            WHERE id IN (SELECT id FROM sessions WHERE due_at <= @now AND lease_until <= @now AND ends_at > @now AND {Ours}
                         ORDER BY due_at LIMIT @take {database.SkipLocked})
              AND due_at <= @now AND lease_until <= @now
            RETURNING {Columns}
            """,
            cancellationToken, ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)), ("take", take), Client);
        return [.. claimed.Select(session => new Lease(session, owner, leaseUntil))];
    }

    public Task<Lease?> ClaimAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        ClaimAsync("AND not_before <= @now", id, version, now, owner, leaseUntil, cancellationToken);

    public Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        ClaimAsync("", id, version, now, owner, leaseUntil, cancellationToken);

    private async Task<Lease?> ClaimAsync(
        string condition, SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        var claimed = await QueryAsync(
            $"{TakeLease} WHERE id = @id AND version = @version AND lease_until <= @now {condition} AND ends_at > @now AND {Ours} RETURNING {Columns}",
            cancellationToken, ("id", id.Value), ("version", version), ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)),
            Client);
        return claimed is [var session] ? new Lease(session, owner, leaseUntil) : null;
    }

    public async Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancellationToken)
    {
        var parameters = new List<(string Name, object? Value)>
        {
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("tokens", protector.Protect(lease.Session.Id, tokens)), ("token_expires_at", Milliseconds(tokens.ExpiresAt)), ("due_at", Milliseconds(dueAt)),
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
            UPDATE sessions SET tokens = @tokens, token_expires_at = @token_expires_at, due_at = @due_at, version = version + 1,
                                failures = 0, failing_since = NULL, last_error = NULL, not_before = 0,
                                lease_owner = NULL, lease_until = 0{claimColumns}
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancellationToken, [.. parameters]);
        changes.Publish(lease.Session.Id, dueAt);
        return written > 0;
    }

    public async Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        var written = await ExecuteAsync(
            """
            UPDATE sessions SET tokens = @tokens, version = version + 1,
                                due_at = @due_at, not_before = @not_before, failures = failures + 1, failing_since = @since, last_error = @error,
                                lease_owner = NULL, lease_until = 0
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancellationToken,
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("tokens", protector.Protect(lease.Session.Id, tokens)),
            ("due_at", Milliseconds(dueAt)), ("not_before", Milliseconds(notBefore)), ("error", error),
            ("since", Milliseconds(lease.Session.FailingSince ?? clock.GetUtcNow())));
        changes.Publish(lease.Session.Id, dueAt);
        return written > 0;
    }

    public async Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            """
            UPDATE sessions SET due_at = @due_at, not_before = @not_before, failures = failures + 1, failing_since = @since, last_error = @error,
                                lease_owner = NULL, lease_until = 0
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancellationToken,
            ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version),
            ("due_at", Milliseconds(dueAt)), ("not_before", Milliseconds(notBefore)), ("error", error),
            ("since", Milliseconds(lease.Session.FailingSince ?? clock.GetUtcNow())));
        changes.Publish(lease.Session.Id, dueAt);
    }

    public async Task<DateTimeOffset?> NextDueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await NumberAsync(
            $"SELECT due_at FROM sessions WHERE due_at IS NOT NULL AND ends_at > @now AND {Ours} ORDER BY due_at LIMIT 1", now, cancellationToken) is { } due
            ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;

    public async Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await NumberAsync($"SELECT COUNT(*) FROM sessions WHERE due_at <= @now AND ends_at > @now AND {Ours}", now, cancellationToken) ?? 0;

    public async Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        (await QueryAsync(
            $"SELECT (SELECT COUNT(*) FROM sessions WHERE ends_at > @now AND {Ours}), (SELECT COUNT(*) FROM sessions WHERE due_at IS NOT NULL AND {Ours})",
            row => new SessionCount(row.GetInt64(0), row.GetInt64(1)),
            cancellationToken, ("now", Milliseconds(now)), Client)).Single();

    public async Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancellationToken)
    {
        var counts = new long[steps];
        var found = await QueryAsync(
            $"SELECT (due_at - @now) / @step, COUNT(*) FROM sessions WHERE due_at >= @now AND due_at < @until AND {Ours} GROUP BY 1",
            row => (Step: row.GetInt64(0), Count: row.GetInt64(1)), cancellationToken,
            ("now", Milliseconds(now)), ("step", (long)step.TotalMilliseconds), ("until", Milliseconds(now + (step * steps))), Client);
        foreach (var (at, count) in found) { counts[at] = count; }
        return counts;
    }

    public async Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        (await QueryAsync(
            $"""
            SELECT COUNT(*), COUNT(CASE WHEN token_expires_at <= @now THEN 1 END), MIN(CASE WHEN token_expires_at <= @now THEN token_expires_at END)
            FROM sessions WHERE {Troubled} AND ends_at > @now AND {Ours}
            """,
            row => new SessionTrouble(row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : Time(row, 2)),
            cancellationToken, ("now", Milliseconds(now)), ("late", Milliseconds(lateBefore)), Client)).Single();

    public Task<IReadOnlyList<Session>> SearchTroubleAsync(
        string? user, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        SearchAsync(Troubled, [("late", Milliseconds(lateBefore))], user, after, take, now, cancellationToken);

    public async Task<Session?> FindByHandleAsync(string handle, CancellationToken cancellationToken) =>
        (await QueryAsync($"SELECT {Columns} FROM sessions WHERE {Handle} = @handle AND {Ours}", cancellationToken, ("handle", handle), Client))
            .FirstOrDefault();

    public Task<IReadOnlyList<Session>> SearchAsync(string? user, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken) =>
        SearchAsync(which: null, [], user, after, take, now, cancellationToken);

    private async Task<IReadOnlyList<Session>> SearchAsync(
        string? which, (string Name, object? Value)[] more, string? user, SessionPosition? after, int take, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var where = $"ends_at > @now AND {Ours}";
        if (which is not null) { where += $" AND {which}"; }
        var parameters = new List<(string Name, object? Value)>([("now", Milliseconds(now)), ("take", take), Client, .. more]);
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

        return await QueryAsync(
            $"SELECT {Columns} FROM sessions WHERE {where} ORDER BY created_at DESC, {Handle} DESC LIMIT @take", cancellationToken, [.. parameters]);
    }

    private (string Name, object? Value) Client => ("client", client.Value.Name);

    /// <summary>
    /// Some providers give two sign-ins of a user one grant, and end it when either refresh token is revoked; not all name it in a <c>sid</c>. So a session
    /// that ended without anybody wanting to leave is revoked only when its user has no other here: the column that names the user, or none.
    /// </summary>
    private static string HolderOf(string? reason) =>
        reason is null or EndReasons.Replaced or EndReasons.IdleTimeout or EndReasons.AbsoluteTimeout ? "subject" : "NULL";

    /// <summary>
    /// Deletes sessions, and keeps why they ended, and the tokens of those that can be renewed; where a renewal is under way, its answer replaces them or its
    /// lease runs out first.
    /// </summary>
    /// <param name="where">Which sessions.</param>
    /// <param name="columns">What to return of them.</param>
    /// <param name="read">How.</param>
    /// <param name="reason">Why they end; null for the timeout of each.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <param name="parameters">Of <paramref name="where"/>.</param>
    private async Task<List<T>> DeleteAsync<T>(
        string where, string columns, Func<DbDataReader, T> read, string? reason, CancellationToken cancellationToken,
        params (string Name, object? Value)[] parameters)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var removed = await DeleteAsync(transaction, where, columns, read, reason, cancellationToken, parameters);
        await transaction.CommitAsync(cancellationToken);
        return removed;
    }

    /// <summary>The same, as a part of a step that is larger.</summary>
    private async Task<List<T>> DeleteAsync<T>(
        DbTransaction transaction, string where, string columns, Func<DbDataReader, T> read, string? reason, CancellationToken cancellationToken,
        params (string Name, object? Value)[] parameters)
    {
        var keeps = new List<Func<string, string>>();
        if (reason != EndReasons.Unknown) { keeps.Add(KeepReason); }   // as good as none
        if (client.Value.KeepsForRevocation()) { keeps.Add(KeepTokens); }
        var sql = database.DeleteAndKeep(where, columns, keeps);
        var forgetAt = Milliseconds(clock.GetUtcNow() + RememberEndsFor);
        await using var command = Command(transaction.Connection!, sql, [.. parameters, ("reason", reason), ("forget_at", forgetAt)]);
        command.Transaction = transaction;
        var removed = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) { removed.Add(read(reader)); }
        return removed;

        // A session that a restore brought back ends anew, and for its own reason.
        static string KeepReason(string source) =>
            $"""
            INSERT INTO ends (id, client, reason, forget_at)
            SELECT id, client,
                   coalesce(@reason, CASE WHEN ends_at >= absolute_ends_at THEN '{EndReasons.AbsoluteTimeout}' ELSE '{EndReasons.IdleTimeout}' END), @forget_at
            FROM {source} WHERE true
            ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, forget_at = excluded.forget_at
            """;

        string KeepTokens(string source) =>
            $"""
            INSERT INTO revocations (id, session_id, subject, client, tokens, due_at, attempts)
            SELECT id, id, {HolderOf(reason)}, client, tokens, lease_until, 0 FROM {source} WHERE due_at IS NOT NULL AND tokens IS NOT NULL
            ON CONFLICT (id) DO NOTHING
            """;
    }

    /// <summary>As a name is searched for, whatever its case; done here, since databases differ in what they know of letters.</summary>
    private static string Folded(string name) => name.ToLowerInvariant();

    private async Task<long?> NumberAsync(string sql, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, sql, [("now", Milliseconds(now)), Client]);
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    private Session Read(DbDataReader row)
    {
        var id = new SessionId(row.GetString(0));
        try
        {
            return Read(id, row);
        }
        catch (Exception error) when (error is InvalidCastException or InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // A column that holds something else: as if its tokens could not be opened, so that its user signs in again and the rows beside it are worked on.
            protector.IsUnreadable(id);
            return new Session { Id = id, Sid = id.Value, Subject = "", Claims = [], CreatedAt = default, EndsAt = default, AbsoluteEndsAt = default,
                Tokens = null };
        }
    }

    private Session Read(SessionId id, DbDataReader row)
    {
        var tokens = protector.Unprotect(id, row.GetFieldValue<byte[]>(9));
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

    private Revocation ReadRevocation(DbDataReader row, string owner)
    {
        var session = new SessionId(row.GetString(1));
        var tokens = protector.UnprotectToRevoke(session, row.GetValue(2) as byte[] ?? []);
        return new Revocation(row.GetString(0), session, tokens, (int)row.GetInt64(3), owner, Time(row, 4));
    }

    /// <summary>One damaged row must not stop the work on all others.</summary>
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

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private Task<List<Session>> QueryAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        QueryAsync(sql, Read, parameters, sealedColumn: 9, cancellationToken);

    private Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken,
        params (string Name, object? Value)[] parameters) =>
        QueryAsync(sql, read, parameters, sealedColumn: -1, cancellationToken);

    private async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, (string Name, object? Value)[] parameters, int sealedColumn,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (sealedColumn >= 0 && reader.GetValue(sealedColumn) is byte[] sealedTokens) { await protector.LearnKeyAsync(sealedTokens, cancellationToken); }
            rows.Add(read(reader));
        }

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

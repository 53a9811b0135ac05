using System.Data.Common;
using static Bff.Sessions.Store.Sql.SessionRows;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <content>How sessions end, and what is kept of them.</content>
internal sealed partial class SqlSessionStore
{
    /// <summary>To count that many takes a moment.</summary>
    private static readonly TimeSpan EndsCountInterval = TimeSpan.FromHours(1);

    private DateTimeOffset _endsCountDue;

    public Task<EndedSession?> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken) =>
        RemoveAsync(id, "version = coalesce(@version, version)", ("version", version), reason, cancellationToken);

    public async Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken) => await RemoveAsync(
        lease.Session.Id, $"version = {lease.Session.Version} AND lease_owner = @owner", ("owner", lease.Owner), reason, cancellationToken) is not null;

    private async Task<EndedSession?> RemoveAsync(
        SessionId id, string fence, (string Name, object? Value) seen, string reason, CancellationToken cancellationToken)
    {
        var removed = await DeleteAsync(
            $"id = @id AND {fence} AND {Ours}", EndedColumns, row => _rows.ReadEnded(row, reason), reason, cancellationToken, ("id", id.Value), seen);
        changes.Publish(new SessionChange(id, DueAt: null, Ended: removed.Count > 0 ? reason : null));
        return removed.FirstOrDefault();
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken)
    {
        // A sealed text begins with four bytes that are always the same, and the id of its key.
        var removed = await DeleteAsync(
            $"substr(tokens, 5, 16) = @key AND {Ours}", EndedColumns, row => _rows.ReadEnded(row, reason), reason, cancellationToken,
            ("key", key.ToByteArray()));
        foreach (var session in removed) { changes.Publish(new SessionChange(session.Id, DueAt: null, reason)); }
        return removed;
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await DeleteUntilAsync("used_once", "forget_at", Milliseconds(now), cancellationToken);
        if (database.IsShared) { await DeleteUntilAsync("counts", "forget_at", Milliseconds(now), cancellationToken); }
        await ForgetEndsAsync(now, cancellationToken);
        await ForgetClientTokensAsync(now, cancellationToken);
        var ended = new List<EndedSession>();
        for (var batch = SqlStatements.Batch; batch == SqlStatements.Batch;)
        {
            var removed = await DeleteAsync(
                $"""
                ends_at <= @now AND id IN
                (SELECT id FROM sessions WHERE ends_at <= @now AND {Ours} ORDER BY ends_at, id LIMIT {SqlStatements.Batch} {database.SkipLocked})
                """,
                EndedColumns, row => _rows.ReadEnded(row, reason: null), reason: null, cancellationToken, ("now", Milliseconds(now)));
            ended.AddRange(removed);
            batch = removed.Count;
        }

        await DeleteUntilAsync("sessions", "ends_at", Milliseconds(now - SessionClient.AbandonedAfter), cancellationToken);
        await _revocations.ForgetAbandonedAsync(now - SessionClient.AbandonedAfter, cancellationToken);
        await AdoptAsync("sessions", "client IS NULL AND due_at IS NOT NULL", cancellationToken);
        await AdoptAsync("revocations", "client IS NULL", cancellationToken);
        return ended;
    }

    /// <summary>Rows from before a client was named: what is due is found by its name.</summary>
    private Task AdoptAsync(string table, string which, CancellationToken cancellationToken) =>
        _statements.IfAnyInBatchesAsync($"UPDATE {table} SET client = @client", table, which, "due_at", cancellationToken);

    private async Task ForgetEndsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await DeleteUntilAsync("ends", "forget_at", Milliseconds(now), cancellationToken);
        if (now < _endsCountDue && _endsCountDue - now <= EndsCountInterval) { return; }   // the clock may have been set back since
        var tooMany = await _statements.QueryAsync(
            "SELECT forget_at FROM ends ORDER BY forget_at DESC LIMIT 1 OFFSET @max", row => row.GetInt64(0), cancellationToken, ("max", maxRememberedEnds));
        if (tooMany is [var oldest] && !await DeleteUntilAsync("ends", "forget_at", oldest, cancellationToken)) { return; }   // goes on with the next sweep
        _endsCountDue = now + EndsCountInterval;
    }

    /// <returns>False when there are more.</returns>
    private Task<bool> DeleteUntilAsync(string table, string column, long until, CancellationToken cancellationToken) =>
        _statements.InBatchesAsync($"DELETE FROM {table}", table, $"{column} <= @until", column, cancellationToken, ("until", until));

    /// <summary>
    /// Some providers give two sign-ins of a user one grant, and end it when either refresh token is revoked; not all name it in a <c>sid</c>. So a session
    /// that ended without its user wanting to leave here is revoked only when its user has no other here: the column that names the user, or none.
    /// </summary>
    private static string HolderOf(string? reason) => reason is null or EndReasons.Replaced or EndReasons.IdleTimeout or EndReasons.AbsoluteTimeout
        or EndReasons.TooManySessions or EndReasons.EndedByUser ? "subject" : "NULL";

    /// <summary>
    /// Deletes sessions, and keeps why they ended, and the tokens that are to be revoked; where a renewal is under way, its answer replaces them or its
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
        SessionClient[] revoking = [.. clients.Value.All.Where(client => client.KeepsForRevocation())];
        if (revoking.Length > 0) { keeps.Add(KeepTokens); }
        var sql = database.DeleteAndKeep(where, columns, keeps);
        var endedAt = clock.GetUtcNow();
        await using var command = _statements.Command(
            transaction.Connection!, sql,
            [.. parameters, ("reason", reason), ("forget_at", Milliseconds(endedAt + EndReasons.RememberedFor)), ("ended_at", Milliseconds(endedAt))]);
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
            SELECT id, id, {HolderOf(reason)}, client, tokens, CASE WHEN lease_until > @ended_at THEN lease_until ELSE @ended_at END, 0 FROM {source}
            WHERE {ToRevoke()} AND tokens IS NOT NULL{(revoking.Length == clients.Value.All.Count ? "" : " AND " + _statements.OfAny(revoking))}
            ON CONFLICT (id) DO NOTHING
            """;

        // What can be renewed has a refresh token; an access token is worth it while it is good, and nobody knows that of one an older node stored. Alone it
        // would expire while it waits for its user's other sessions.
        string ToRevoke() => HolderOf(reason) == "NULL" && revoking.Where(client => client.RevokesAccessTokens()).ToList() is { Count: > 0 } both
            ? $"(due_at IS NOT NULL OR (coalesce(token_expires_at, @ended_at + 1) > @ended_at AND {_statements.OfAny(both)}))" : "due_at IS NOT NULL";
    }
}

using System.Data.Common;
using System.Numerics;
using System.Text.Json;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using static Bff.Sessions.Store.Sql.SessionRows;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <summary>
/// Sessions in a SQL database. Every write is one statement, so no transaction can be left half done. Ends of sessions are the exception: they keep in the same
/// transaction what has to be revoked.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="protector">Seals the tokens.</param>
/// <param name="changes">Told of each write.</param>
/// <param name="clients">Ours.</param>
/// <param name="clock">The time.</param>
/// <param name="maxRememberedEnds">The oldest ends are forgotten sooner when there are more: they take about 200 bytes each.</param>
internal sealed partial class SqlSessionStore(
    SessionDatabase database, TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock,
    int maxRememberedEnds = 1_000_000)
    : IFullSessionStore
{
    /// <summary>A node's own, so that nodes do not wait for each other.</summary>
    private static readonly string ProbeRow = "probe:" + Guid.NewGuid().ToString("N");

    private const string UseOnce = "INSERT INTO used_once (id, forget_at) VALUES (@id, @forget_at) ON CONFLICT DO NOTHING";

    private readonly SqlStatements _statements = new(database, protector, clients);
    private readonly SessionRows _rows = new(protector, clients, clock);
    private readonly SqlRevocations _revocations = new(database, protector, clients, clock);

    private string Ours => _statements.Ours;

    private string OursByName => _statements.OursByName;

    public async Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session session, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit, CancellationToken cancellationToken)
    {
        var ended = new List<EndedSession>();
        using (await database.TakeTurnToWriteAsync(cancellationToken))
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await EnsureNotSignedOutAsync(transaction, session, cancellationToken);
            if (limit is not null)
            {
                var user = $"{clients.Value.Of(session.Provider).Name}\n{session.Subject}";
                await LockAsync(transaction, [("user", user)], isShared: false, cancellationToken);
            }

            await using var insert = Insert(connection, session);
            insert.Transaction = transaction;
            await insert.ExecuteNonQueryAsync(cancellationToken);

            var others = limit is null ? [] : await OthersOfUserAsync(transaction, session, cancellationToken);

            // After it: the new session holds back the revocation of what it replaces, whose tokens may be of the same grant.
            foreach (var id in replaced) { ended.AddRange(await EndAsync(transaction, [id], EndReasons.Replaced, cancellationToken)); }
            if (limit is not null)
            {
                var left = others.Except(replaced).ToList();
                var isOneMore = left.Count == others.Count;   // one that replaces another of its user makes them no more, however low the limit is by now
                if (isOneMore && left.Count >= limit.Max && limit.WhenTooMany == TooManySessions.RefuseNewest) { return null; }
                if (limit.WhenTooMany == TooManySessions.EndOldest)
                {
                    SessionId[] excess = [.. left.SkipLast(limit.Max - 1).Take(SessionLimit.MaxEndedByOne)];
                    ended.AddRange(await EndAsync(transaction, excess, EndReasons.TooManySessions, cancellationToken));
                }
            }

            await transaction.CommitAsync(cancellationToken);
        }

        changes.Publish(new SessionChange(session.Id, session.DueAt, Started: true));
        foreach (var old in ended) { changes.Publish(new SessionChange(old.Id, DueAt: null, old.Reason)); }
        return ended;
    }

    private async Task<List<EndedSession>> EndAsync(
        DbTransaction transaction, SessionId[] ids, string reason, CancellationToken cancellationToken)
    {
        if (ids.Length == 0) { return []; }
        var parameters = Numbered("id", ids.Select(id => id.Value));
        return await DeleteAsync(
            transaction, $"id IN ({Placeholders(parameters)}) AND {Ours}", EndedColumns, row => _rows.ReadEnded(row, reason), reason, cancellationToken,
            parameters);
    }

    /// <summary>
    /// The other living sessions of its user, the oldest first. A subject is one user's at one issuer: at a provider of many tenants another's may have the same.
    /// </summary>
    private async Task<List<SessionId>> OthersOfUserAsync(DbTransaction transaction, Session session, CancellationToken cancellationToken)
    {
        await using var command = _statements.Command(
            transaction.Connection!,
            $"""
            SELECT id, {(session.Tenant is null ? "NULL" : "claims")} FROM sessions
            WHERE subject = @subject AND ends_at > @now AND id <> @id AND {_statements.OfProvider(session.Provider)} ORDER BY created_at, id
            """,
            [("subject", session.Subject), ("now", Milliseconds(clock.GetUtcNow())), ("id", session.Id.Value)]);
        command.Transaction = transaction;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<SessionId>();
        while (await row.ReadAsync(cancellationToken))
        {
            if (row.IsDBNull(1) || TenantOf(row.GetString(1)) == session.Tenant) { found.Add(new SessionId(row.GetString(0))); }
        }

        return found;
    }

    private DbCommand Insert(DbConnection connection, Session session) => _statements.Command(
        connection,
        """
        INSERT INTO sessions (id, sid, subject, name, provider_sid, claims, session_state, created_at, ends_at, absolute_ends_at,
                              version, tokens, token_expires_at, due_at, not_before, failures, lease_until, client, provider, front_end)
        VALUES (@id, @sid, @subject, @name, @provider_sid, @claims, @session_state, @created_at, @ends_at, @absolute_ends_at,
                @version, @tokens, @token_expires_at, @due_at, 0, 0, 0, @its_client, @provider, @front_end)
        """,
        [
            ("id", session.Id.Value), ("sid", session.Sid), ("subject", session.Subject), ("name", Folded(session.DisplayName)),
            ("provider_sid", session.ClaimValue("sid")), ("claims", JsonSerializer.Serialize(session.Claims)), ("session_state", session.SessionState),
            ("created_at", Milliseconds(session.CreatedAt)), ("ends_at", Milliseconds(session.EndsAt)),
            ("absolute_ends_at", Milliseconds(session.AbsoluteEndsAt)), ("version", session.Version),
            ("tokens", protector.Protect(session.Id, session.Tokens!)), ("token_expires_at", Milliseconds(session.Tokens!.ExpiresAt)),
            ("due_at", Milliseconds(session.DueAt)), ("its_client", clients.Value.Of(session.Provider).Name),
            ("provider", ToColumn(session.Provider)), ("front_end", ToColumn(session.FrontEnd)),
        ]);

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        var found = (await QueryAsync($"SELECT {Columns} FROM sessions WHERE id = @id AND {Ours}", cancellationToken, ("id", id.Value))).FirstOrDefault();

        // Its key may be among those that cannot be read now.
        return found is { Tokens: null } && protector.Unreadable is { } keys ? throw keys : found;
    }

    public async Task<IReadOnlyList<SessionGlance>> GlanceAsync(IReadOnlyCollection<SessionId> ids, CancellationToken cancellationToken)
    {
        // As many as the next power of two, so that there are few statements for a driver to keep prepared.
        var padding = Enumerable.Repeat("", (int)BitOperations.RoundUpToPowerOf2((uint)ids.Count) - ids.Count);
        var parameters = Numbered("id", ids.Select(id => id.Value).Concat(padding));
        if (parameters.Length == 0) { return []; }
        var glances = await _statements.QueryAsync(
            $"SELECT {GlanceColumns} FROM sessions WHERE id IN ({Placeholders(parameters)}) AND {Ours}", ReadGlance, cancellationToken, parameters);
        return [.. glances.OfType<SessionGlance>()];
    }

    public async Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            $"SELECT reason FROM ends WHERE id = @id AND forget_at > @now AND {Ours}", row => row.GetString(0), cancellationToken,
            ("id", id.Value), ("now", Milliseconds(clock.GetUtcNow())))).FirstOrDefault();

    public async Task ProbeReadAsync(CancellationToken cancellationToken) =>
        await _statements.QueryAsync("SELECT id FROM sessions LIMIT 1", row => row.GetString(0), cancellationToken);

    public async Task ProbeWriteAsync(CancellationToken cancellationToken) => await _statements.ExecuteAsync(
        "INSERT INTO used_once (id, forget_at) VALUES (@id, 1) ON CONFLICT (id) DO UPDATE SET forget_at = used_once.forget_at + 1",
        cancellationToken, ("id", ProbeRow));   // swept each minute

    public async Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken)
    {
        var ends = await _statements.WriteAsync(
            """
            UPDATE sessions SET ends_at = CASE WHEN ends_at >= @ends_at THEN ends_at WHEN @ends_at < absolute_ends_at THEN @ends_at ELSE absolute_ends_at END
            WHERE id = @id RETURNING ends_at
            """,
            row => Time(row, 0), [("id", id.Value), ("ends_at", Milliseconds(endsAt))], sealedColumn: -1, cancellationToken);
        changes.Publish(id);
        return ends is [var end] ? end : null;
    }

    public async Task RevokeLaterAsync(
        SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken)
    {
        if (await _revocations.KeepAsync(id, provider, subject, tokens, ended, cancellationToken)) { changes.PublishToRevoke(); }
    }

    public Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken) =>
        _revocations.ClaimAsync(provider, now, until, take, cancellationToken);

    public Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken) =>
        _revocations.CompleteAsync(revocation, again, cancellationToken);

    public async Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        await _statements.ExecuteAsync(
            UseOnce, cancellationToken,
            ("id", id), ("forget_at", Milliseconds(forgetAt))) > 0;

    public async Task<IReadOnlyDictionary<string, long>> CountAsync(
        IReadOnlyDictionary<string, int> counts, DateTimeOffset windowEnd, CancellationToken cancellationToken)
    {
        if (counts.Count == 0) { return new Dictionary<string, long>(); }
        var ordered = counts.OrderBy(count => count.Key, StringComparer.Ordinal).ToList();   // nodes that add to the same rows take them one after the other
        var names = Numbered("name", ordered.Select(count => $"{count.Key}@{Milliseconds(windowEnd)}"));
        var added = ordered.Select((count, number) => (Name: $"count{number}", Value: (object?)(long)count.Value)).ToList();   // prepared, whatever they are
        var rows = names.Zip(added, (name, count) => $"(@{name.Name}, @{count.Name}, @forget_at)");
        var sums = await _statements.WriteAsync(
            $"""
            INSERT INTO counts (id, counted, forget_at) VALUES {string.Join(", ", rows)}
            ON CONFLICT (id) DO UPDATE SET counted = counts.counted + excluded.counted RETURNING id, counted
            """,
            row => (Name: row.GetString(0), Sum: row.GetInt64(1)), [.. names, .. added, ("forget_at", Milliseconds(windowEnd))], sealedColumn: -1,
            cancellationToken);
        return sums.ToDictionary(row => row.Name[..row.Name.LastIndexOf('@')], row => row.Sum);
    }

    private Task<List<Session>> QueryAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        _statements.QueryAsync(sql, _rows.Read, parameters, SealedColumn, cancellationToken);

    private Task<List<Session>> WriteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        _statements.WriteAsync(sql, _rows.Read, parameters, SealedColumn, cancellationToken);

    /// <summary>As a name is searched for, whatever its case; done here, since databases differ in what they know of letters.</summary>
    private static string Folded(string name) => name.ToLowerInvariant();
}

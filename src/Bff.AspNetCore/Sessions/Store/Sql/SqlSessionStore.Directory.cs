using static Bff.Sessions.Store.Sql.SessionRows;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <content>Its <see cref="ISessionDirectory"/>.</content>
internal sealed partial class SqlSessionStore
{
    /// <summary>In two indexes: what fails is due later than it was, and what is being renewed just now is due when its lease ends.</summary>
    private const string Troubled = "due_at IS NOT NULL AND (failures > 0 OR due_at <= @late)";

    private static readonly string Handle = $"substr(id, 1, {SessionId.HandleLength})";

    public async Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            $"SELECT (SELECT COUNT(*) FROM sessions WHERE ends_at > @now AND {Ours}), (SELECT COUNT(*) FROM sessions WHERE due_at IS NOT NULL AND {OursByName})",
            row => new SessionCount(row.GetInt64(0), row.GetInt64(1)),
            cancellationToken, ("now", Milliseconds(now)))).Single();

    public async Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancellationToken)
    {
        var counts = new long[steps];
        var found = await _statements.QueryAsync(
            $"SELECT (due_at - @now) / @step, COUNT(*) FROM sessions WHERE due_at >= @now AND due_at < @until AND {OursByName} GROUP BY 1",
            row => (Step: row.GetInt64(0), Count: row.GetInt64(1)), cancellationToken,
            ("now", Milliseconds(now)), ("step", (long)step.TotalMilliseconds), ("until", Milliseconds(now + (step * steps))));
        foreach (var (at, count) in found) { counts[at] = count; }
        return counts;
    }

    public async Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            $"""
            SELECT COUNT(*), COUNT(CASE WHEN token_expires_at <= @now THEN 1 END), MIN(CASE WHEN token_expires_at <= @now THEN token_expires_at END)
            FROM sessions WHERE {Troubled} AND ends_at > @now AND {OursByName}
            """,
            row => new SessionTrouble(row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : Time(row, 2)),
            cancellationToken, ("now", Milliseconds(now)), ("late", Milliseconds(lateBefore)))).Single();

    public Task<IReadOnlyList<Session>> SearchTroubleAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        SearchAsync(Troubled, [("late", Milliseconds(lateBefore))], filter, after, take, now, cancellationToken);

    public async Task<Session?> FindByHandleAsync(string handle, CancellationToken cancellationToken) =>
        (await QueryAsync($"SELECT {Columns} FROM sessions WHERE {Handle} = @handle AND {Ours}", cancellationToken, ("handle", handle)))
            .FirstOrDefault();

    public Task<IReadOnlyList<Session>> SearchAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken) =>
        SearchAsync(which: null, [], filter, after, take, now, cancellationToken);

    private async Task<IReadOnlyList<Session>> SearchAsync(
        string? which, (string Name, object? Value)[] more, SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var whose = which is null ? OfProvider(filter.Provider) : filter.Provider is { } provider ? _statements.ByNameAt(provider) : OursByName;
        var where = $"ends_at > @now AND {whose}";
        if (which is not null) { where += $" AND {which}"; }
        var parameters = new List<(string Name, object? Value)>([("now", Milliseconds(now)), ("take", take), .. more]);
        if (filter.FrontEnd is { } frontEnd)
        {
            where += " AND front_end = @front_end";
            parameters.Add(("front_end", ToColumn(frontEnd)));
        }

        if (filter.User is { Length: > 0 } user)
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

    public async Task<IReadOnlyList<UserSession>> ListOfUserAsync(
        Session session, string? handle, int take, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var parameters = new List<(string Name, object? Value)>(
            [("subject", session.Subject), ("now", Milliseconds(now)), ("id", session.Id.Value), ("most", UserSession.MaxOfSubject)]);
        if (handle is not null) { parameters.Add(("handle", handle)); }
        var found = await _statements.QueryAsync(
            $"""
            SELECT {OwnColumns} FROM sessions
            WHERE subject = @subject AND ends_at > @now AND {_statements.OfProvider(session.Provider)}
                {(handle is null ? "" : $"AND (id = @id OR {Handle} = @handle)")}
            ORDER BY CASE WHEN id = @id THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT @most
            """,
            row => (Session: ReadOwn(row), Tenant: TenantOf(row.GetString(5))), cancellationToken, [.. parameters]);
        return [.. found.Where(other => other.Tenant == session.Tenant).Select(other => other.Session).Take(take)];
    }

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(
        string subject, string? provider, string reason, CancellationToken cancellationToken)
    {
        var removed = await DeleteAsync(
            $"subject = @subject AND {OfProvider(provider)}", Columns, _rows.Read, reason, cancellationToken, ("subject", subject));
        foreach (var session in removed) { changes.Publish(new SessionChange(session.Id, DueAt: null, reason)); }
        return removed;
    }

    private string OfProvider(string? provider) => provider is null ? Ours : _statements.OfProvider(provider);
}

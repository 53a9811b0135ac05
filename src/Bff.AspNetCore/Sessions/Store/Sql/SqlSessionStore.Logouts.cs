using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Bff.Providers;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <content>What a provider signs out.</content>
internal sealed partial class SqlSessionStore
{
    public async Task<IReadOnlyList<EndedSession>?> LogOutAsync(ProviderLogout logout, CancellationToken cancellationToken)
    {
        var ended = await LogOutOnceAsync(logout, cancellationToken);
        foreach (var session in ended ?? []) { changes.Publish(new SessionChange(session.Id, DueAt: null, session.Reason)); }
        return ended;
    }

    public async Task EnsureNotSignedOutAsync(Session session, CancellationToken cancellationToken)
    {
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);   // the transaction is none of a reader
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await EnsureNotSignedOutAsync(transaction, session, cancellationToken);
    }

    private async Task<List<EndedSession>?> LogOutOnceAsync(ProviderLogout logout, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(logout.Provider).Name;
        var now = clock.GetUtcNow();
        var at = logout.IssuedBy is { } latest && latest < now ? latest : now;   // late, or this clock is ahead: who began since then is let in
        var (marks, forgetAt) = (LogoutMarks.Of(logout, client), at + LogoutMarks.Life);
        using var turn = await database.TakeTurnToWriteAsync(cancellationToken);
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // First of all: a sign-in that has looked for marks and found none has either added its session by now, or will find these.
        await LockAsync(transaction, Numbered("mark", marks), isShared: false, cancellationToken);
        var used = await ExecuteAsync(
            transaction, UseOnce, cancellationToken, ("id", $"logout:{client}:{logout.Id}"), ("forget_at", Milliseconds(logout.ForgetAt)));
        if (used == 0) { return null; }
        foreach (var mark in marks)
        {
            await ExecuteAsync(
                transaction,
                """
                INSERT INTO used_once (id, forget_at) VALUES (@id, @forget_at)
                ON CONFLICT (id) DO UPDATE SET forget_at = CASE WHEN used_once.forget_at > @forget_at THEN used_once.forget_at ELSE @forget_at END
                """,
                cancellationToken, ("id", mark), ("forget_at", Milliseconds(forgetAt)));
        }

        var (where, parameters) = Concerned(logout, await NewerAsync(transaction, logout, cancellationToken));
        var ended = await DeleteAsync(
            transaction, $"{where} AND {_statements.OfProvider(logout.Provider)}", SessionRows.EndedColumns,
            row => _rows.ReadEnded(row, EndReasons.ProviderLogout), EndReasons.ProviderLogout, cancellationToken, parameters);
        await transaction.CommitAsync(cancellationToken);
        return ended;
    }

    /// <summary>Sessions of the user that say that they began at the provider after it had said this.</summary>
    private async Task<List<string>> NewerAsync(DbTransaction transaction, ProviderLogout logout, CancellationToken cancellationToken)
    {
        var newer = new List<string>();
        if (logout is not { Subject: { } subject, IssuedAt: { } issued }) { return newer; }
        var latest = (issued + ProviderLogout.ClocksOfOneProvider - DateTimeOffset.UnixEpoch).TotalSeconds;
        await using var command = _statements.Command(
            transaction.Connection!, $"SELECT id, claims FROM sessions WHERE subject = @subject AND {_statements.OfProvider(logout.Provider)}",
            [("subject", subject)]);
        command.Transaction = transaction;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (SignedInAt(reader.GetString(1)) > latest) { newer.Add(reader.GetString(0)); }
        }

        return newer;
    }

    private static double? SignedInAt(string claims) =>
        JsonSerializer.Deserialize<List<SessionClaim>>(claims)?.Find(claim => claim.Type == "auth_time") is { } claim
        && double.TryParse(claim.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static (string Where, (string Name, object? Value)[] Parameters) Concerned(ProviderLogout logout, List<string> newer)
    {
        List<(string Name, object? Value)> parameters = [.. Numbered("newer", newer)];
        var spared = newer.Count == 0 ? "" : $" AND id NOT IN ({Placeholders(parameters)})";
        if (logout.Subject is { } subject) { parameters.Add(("subject", subject)); }
        if (logout.Sid is { } sid) { parameters.Add(("provider_sid", sid)); }
        var where = logout switch
        {
            { Sid: null } => "subject = @subject" + spared,
            { Subject: null } => "provider_sid = @provider_sid",
            _ => $"subject = @subject AND (provider_sid = @provider_sid OR (provider_sid IS NULL{spared}))",
        };
        if (logout.Tenant is not { } tenant) { return (where, [.. parameters]); }

        // Such a text is nowhere inside a value: its quotation marks would be escaped there.
        parameters.Add(("tenant", JsonSerializer.Serialize(new SessionClaim(TenantIssuers.Claim, tenant))));
        return ($"{where} AND replace(claims, @tenant, '') <> claims", [.. parameters]);
    }

    /// <exception cref="SignedOutMeanwhileException">There is a mark that was made since the sign-in was begun.</exception>
    private async Task EnsureNotSignedOutAsync(DbTransaction transaction, Session session, CancellationToken cancellationToken)
    {
        var marks = LogoutMarks.Of(session, clients.Value.Of(session.Provider).Name);
        var names = Numbered("mark", marks);
        await LockAsync(transaction, names, isShared: true, cancellationToken);
        await using var command = _statements.Command(
            transaction.Connection!, $"SELECT 1 FROM used_once WHERE forget_at >= @since AND id IN ({Placeholders(names)})",
            [.. names, ("since", Milliseconds(session.SignInBegunAt + LogoutMarks.Life))]);
        command.Transaction = transaction;
        if (await command.ExecuteScalarAsync(cancellationToken) is not null) { throw new SignedOutMeanwhileException(); }
    }

    private async Task LockAsync(DbTransaction transaction, (string Name, object? Value)[] names, bool isShared, CancellationToken cancellationToken)
    {
        if (database.LockByName(names.Select(one => one.Name), isShared) is { } sql) { await ExecuteAsync(transaction, sql, cancellationToken, names); }
    }

    private async Task<int> ExecuteAsync(
        DbTransaction transaction, string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = _statements.Command(transaction.Connection!, sql, parameters);
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

using System.Data.Common;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <summary>What is still to be revoked at the provider: tokens that nobody will use.</summary>
internal sealed class SqlRevocations(SessionDatabase database, TokenProtector protector, IOptions<SessionClients> clients, TimeProvider clock)
{
    /// <summary>The user has a session here that may share its grant at the provider with the ended one.</summary>
    private const string HeldBack = "EXISTS (SELECT 1 FROM sessions WHERE sessions.subject = revocations.subject AND sessions.ends_at > @now "
        + "AND coalesce(sessions.client, @client) = coalesce(revocations.client, @client))";

    private readonly SqlStatements _statements = new(database, protector, clients);

    /// <returns>False when there is nothing to keep.</returns>
    public async Task<bool> KeepAsync(
        SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(provider);
        var hasAny = tokens.RefreshToken is not null || (client.RevokesAccessTokens() && tokens.AccessToken.Length > 0);
        if (!hasAny || !client.KeepsForRevocation()) { return false; }

        // What an ended session left behind is older than this, and was used up for it. Whether it waits for other sessions was decided by the end.
        await _statements.ExecuteAsync(
            """
            INSERT INTO revocations (id, session_id, subject, client, tokens, due_at, attempts)
            VALUES (@id, @session_id, coalesce(@subject, (SELECT subject FROM sessions WHERE id = @session_id)), @its_client, @tokens, @at, 0)
            ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, due_at = excluded.due_at, lease_owner = NULL
            """,
            cancellationToken, ("id", ended ? id.Value : Guid.NewGuid().ToString("N")), ("session_id", id.Value),
            ("subject", subject), ("its_client", client.Name), ("tokens", protector.Protect(id, tokens)),
            ("at", Milliseconds(clock.GetUtcNow())));
        return true;
    }

    public async Task<IReadOnlyList<Revocation>> ClaimAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken)
    {
        var owner = Guid.NewGuid().ToString("N");
        while (true)
        {
            var due = await _statements.WriteAsync(
                $"""
                UPDATE revocations SET
                    lease_owner = CASE WHEN {HeldBack} THEN NULL ELSE @owner END,
                    due_at      = CASE WHEN {HeldBack} THEN @later ELSE @until END,
                    attempts    = CASE WHEN {HeldBack} THEN attempts ELSE attempts + 1 END,
                    forget_at   = CASE WHEN {HeldBack} THEN forget_at ELSE coalesce(forget_at, @forget_at) END
                WHERE due_at <= @now AND id IN
                (SELECT id FROM revocations WHERE due_at <= @now AND {_statements.ByNameAt(provider)} ORDER BY due_at LIMIT @take {database.SkipLocked})
                RETURNING id, session_id, tokens, attempts, forget_at, lease_owner
                """,
                row => row.IsDBNull(5) ? null : Read(row, owner),
                [
                    ("now", Milliseconds(now)), ("until", Milliseconds(until)), ("later", Milliseconds(now + Revocation.HeldBackFor)),
                    ("forget_at", Milliseconds(now + Revocation.ForgetAfter)), ("take", take), ("owner", owner),
                ],
                sealedColumn: 2, cancellationToken);

            // Those held back come later; there may be others behind them.
            if (due.Count == 0 || due.Exists(revocation => revocation is not null)) { return [.. due.OfType<Revocation>()]; }
        }
    }

    public async Task CompleteAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken)
    {
        const string Mine = "WHERE id = @id AND lease_owner = @owner";
        await _statements.ExecuteAsync(
            again is null
                ? $"DELETE FROM revocations {Mine}"
                : "UPDATE revocations SET due_at = @again, attempts = @attempts, forget_at = CASE WHEN @attempts = 0 THEN NULL ELSE forget_at END, "
                + $"lease_owner = NULL {Mine}",
            cancellationToken, ("id", revocation.Id), ("owner", revocation.Owner), ("again", Milliseconds(again)), ("attempts", revocation.Attempts));
    }

    /// <summary>
    /// Those of a client that nobody runs any longer. Whoever runs it looks at each of its own again and again, and sets anew when it is due; so what has been
    /// due for so long is nobody's.
    /// </summary>
    public async Task ForgetAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        // A node of the version before writes 0 for now.
        await _statements.IfAnyInBatchesAsync(
            "UPDATE revocations SET due_at = @now", "revocations", $"due_at <= 0 AND {_statements.OfOthers}", "due_at", cancellationToken,
            ("now", Milliseconds(clock.GetUtcNow())));
        await _statements.IfAnyInBatchesAsync(
            "DELETE FROM revocations", "revocations", $"due_at <= @before AND {_statements.OfOthers}", "due_at", cancellationToken,
            ("before", Milliseconds(before)));
    }

    private Revocation Read(DbDataReader row, string owner)
    {
        var session = new SessionId(row.GetString(1));
        var tokens = protector.UnprotectToRevoke(session, row.GetValue(2) as byte[] ?? []);
        return new Revocation(row.GetString(0), session, tokens, (int)row.GetInt64(3), owner, Time(row, 4));
    }
}

using Bff.Providers;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <content>Its <see cref="IClientTokenStore"/>.</content>
internal sealed partial class SqlSessionStore
{
    public async Task<StoredClientToken?> FindClientTokenAsync(string id, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            "SELECT tokens, version FROM client_tokens WHERE id = @id",
            row => new StoredClientToken(row.GetValue(0) is byte[] tokens ? protector.UnprotectOfClient(id, tokens) : null, row.GetInt64(1)),
            [("id", id)], sealedColumn: 0, cancellationToken)).FirstOrDefault();

    public async Task<bool> ClaimClientTokenAsync(
        string id, long version, DateTimeOffset now, string owner, DateTimeOffset until, CancellationToken cancellationToken) =>
        await _statements.ExecuteAsync(
            """
            INSERT INTO client_tokens (id, version, lease_owner, lease_until, forget_at) VALUES (@id, 0, @owner, @until, @until)
            ON CONFLICT (id) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
            WHERE client_tokens.version = @version AND client_tokens.lease_until <= @now
            """,
            cancellationToken, ("id", id), ("version", version), ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(until))) > 0;

    public async Task<bool> CompleteClientTokenAsync(
        string id, string owner, TokenSet? tokens, DateTimeOffset forgetAt, CancellationToken cancellationToken)
    {
        const string GiveBack = "lease_owner = NULL, lease_until = 0 WHERE id = @id AND lease_owner = @owner";
        var written = tokens is null
            ? await _statements.ExecuteAsync($"UPDATE client_tokens SET {GiveBack}", cancellationToken, ("id", id), ("owner", owner))
            : await _statements.ExecuteAsync(
                $"UPDATE client_tokens SET tokens = @tokens, version = version + 1, forget_at = @forget_at, {GiveBack}", cancellationToken,
                ("id", id), ("owner", owner), ("tokens", protector.ProtectOfClient(id, tokens)), ("forget_at", Milliseconds(forgetAt)));
        return written > 0;
    }

    private Task ForgetClientTokensAsync(DateTimeOffset now, CancellationToken cancellationToken) => _statements.IfAnyInBatchesAsync(
        "DELETE FROM client_tokens", "client_tokens", "forget_at <= @now", "forget_at", cancellationToken, ("now", Milliseconds(now)));
}

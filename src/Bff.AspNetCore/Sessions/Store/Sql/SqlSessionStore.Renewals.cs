using System.Text.Json;
using Bff.Providers;
using static Bff.Sessions.Store.Sql.SessionRows;
using static Bff.Sessions.Store.Sql.SqlStatements;

namespace Bff.Sessions.Store.Sql;

/// <content>Its <see cref="IRenewalQueue"/>.</content>
internal sealed partial class SqlSessionStore
{
    // While a session is leased its due time is the end of the lease: a renewal whose node died becomes due again by itself.
    private const string TakeLease = "UPDATE sessions SET lease_owner = @owner, lease_until = @until, due_at = @until, client = coalesce(client, @client) ";

    /// <summary>Not 0, which says that nobody has asked for new tokens; and whose clock is behind ours need not wait.</summary>
    public const string EndLease = "UPDATE sessions SET lease_owner = NULL, lease_until = 1, due_at = @now";

    public async Task<IReadOnlyList<Lease>> ClaimDueAsync(
        string provider, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken)
    {
        // The condition is repeated outside the subquery on purpose: after waiting for a row lock PostgreSQL re-checks
        // only the outer WHERE, and without it two nodes would both win the same session.
        var claimed = await WriteAsync(
            $"""
            {TakeLease}
            WHERE id IN (SELECT id FROM sessions WHERE due_at <= @now AND lease_until <= @now AND ends_at > @now AND {_statements.ByNameAt(provider)}
                         ORDER BY due_at LIMIT @take {database.SkipLocked})
              AND due_at <= @now AND lease_until <= @now
            RETURNING {Columns}
            """,
            cancellationToken, ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)), ("take", take));
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
        var claimed = await WriteAsync(
            $"{TakeLease} WHERE id = @id AND version = @version AND lease_until <= @now {condition} AND ends_at > @now AND {Ours} RETURNING {Columns}",
            cancellationToken, ("id", id.Value), ("version", version), ("now", Milliseconds(now)), ("owner", owner), ("until", Milliseconds(leaseUntil)));
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

        var written = await _statements.ExecuteAsync(
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

    public Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        ReleaseAsync(
            lease, "tokens = @tokens, version = version + 1,", [("tokens", protector.Protect(lease.Session.Id, tokens))], dueAt, notBefore, error,
            cancellationToken);

    public Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        ReleaseAsync(lease, "", [], dueAt, notBefore, error, cancellationToken);

    private async Task<bool> ReleaseAsync(
        Lease lease, string more, (string Name, object? Value)[] values, DateTimeOffset dueAt, DateTimeOffset notBefore, string error,
        CancellationToken cancellationToken)
    {
        var written = await _statements.ExecuteAsync(
            $"""
            UPDATE sessions SET {more} due_at = @due_at, not_before = @not_before, failures = failures + 1, failing_since = @since, last_error = @error,
                                lease_owner = NULL, lease_until = 0
            WHERE id = @id AND lease_owner = @owner AND version = @version
            """,
            cancellationToken,
            [
                .. values, ("id", lease.Session.Id.Value), ("owner", lease.Owner), ("version", lease.Session.Version), ("due_at", Milliseconds(dueAt)),
                ("not_before", Milliseconds(notBefore)), ("error", error), ("since", Milliseconds(lease.Session.FailingSince ?? clock.GetUtcNow())),
            ]);
        changes.Publish(lease.Session.Id, dueAt);
        return written > 0;
    }

    public async Task<int> FreeLeasesAsync(string instance, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Outside the subquery, too: who waited for a row lock must not free what another one has claimed anew meanwhile.
        var ofInstance = $"lease_owner IS NOT NULL AND substr(lease_owner, 1, {SessionSchema.InstanceLength}) = @instance";
        var freed = await _statements.WriteAsync(
            $"{EndLease} WHERE {ofInstance} AND id IN (SELECT id FROM sessions WHERE {ofInstance} {database.SkipLocked}) RETURNING id",
            row => new SessionId(row.GetString(0)), [("instance", instance + '/'), ("now", Milliseconds(now))], sealedColumn: -1, cancellationToken);
        foreach (var id in freed) { changes.Publish(id, now); }
        return freed.Count;
    }

    public async Task<DateTimeOffset?> NextDueAsync(string provider, DateTimeOffset now, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            $"SELECT due_at FROM sessions WHERE due_at IS NOT NULL AND ends_at > @now AND {_statements.ByNameAt(provider)} ORDER BY due_at LIMIT 1",
            row => (DateTimeOffset?)Time(row, 0),
            cancellationToken, ("now", Milliseconds(now)))).FirstOrDefault();

    public async Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        (await _statements.QueryAsync(
            $"SELECT COUNT(*) FROM sessions WHERE due_at <= @now AND ends_at > @now AND {OursByName}", row => row.GetInt64(0),
            cancellationToken, ("now", Milliseconds(now)))).Single();
}

using System.Collections.Concurrent;
using System.Text.Json;
using Bff.Providers;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <content>Its <see cref="IRenewalQueue"/>.</content>
internal sealed partial class RedisSessionStore
{
    /// <summary>When something may have become due in a shard that did not answer.</summary>
    private static readonly TimeSpan AskedAgain = TimeSpan.FromSeconds(2);

    /// <summary>By client.</summary>
    private readonly ConcurrentDictionary<string, DueShards> _due = new(StringComparer.Ordinal);

    private DueShards DueShardsOf(string client) => _due.GetOrAdd(client, _ => new(clock));

    public async Task<IReadOnlyList<Lease>> ClaimDueAsync(
        string provider, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(provider).Name;
        var due = DueShardsOf(client);
        var claimed = await TakeRememberedAsync();
        if (claimed.Count == 0)
        {
            var (shards, _) = await _scripts.EarliestAsync(shard => RedisKeys.Due(shard, client), cancellationToken);
            due.Remember(shards);
            claimed = await _scripts.TakeAsync(due.DueAt(now), take, TakeFromAsync, cancellationToken);
        }

        return [.. claimed.OfType<Lease>()];

        // What has become due elsewhere since then is found when the next due time is asked for, which is what follows a claim that found few.
        async Task<IReadOnlyList<Lease?>> TakeRememberedAsync()
        {
            try
            {
                return await _scripts.TakeAsync(due.DueAt(now).Take(take), take, TakeFromAsync, cancellationToken);
            }
            catch (Exception error) when (ShardedScripts.IsNoAnswer(error))
            {
                return [];
            }
        }

        async Task<(IReadOnlyList<Lease?>, bool)> TakeFromAsync(int shard, int share)
        {
            var result = (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.ClaimDue, shard, new() { client, now, owner, leaseUntil, share }, cancellationToken))!;
            var head = ShardedScripts.TimeOf(result[1]);
            due.Remember(shard, head);
            var rows = (RedisResult[])result[0]!;
            var leases = await _scripts.AnsweredAsync(
                [.. rows.Select(row => LeaseOfAsync(shard, row, owner, leaseUntil, cancellationToken))], cancellationToken);
            return ([.. leases.Select(lease => lease.Answer)], head <= now);
        }
    }

    public Task<Lease?> ClaimAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        ClaimAsync(isEager: false, id, version, now, owner, leaseUntil, cancellationToken);

    public Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        ClaimAsync(isEager: true, id, version, now, owner, leaseUntil, cancellationToken);

    private async Task<Lease?> ClaimAsync(
        bool isEager, SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        if (await _places.FindAsync(id, cancellationToken) is not { } shard) { return null; }
        var row = await _scripts.RunAsync(
            RedisScripts.Claim, shard, new() { id.Value, version, now, owner, leaseUntil, isEager, Ours }, cancellationToken);
        return row.IsNull ? null : await LeaseOfAsync(shard, row, owner, leaseUntil, cancellationToken);
    }

    /// <returns>Null when nobody here can make sense of the session, which is over then.</returns>
    private async Task<Lease?> LeaseOfAsync(int shard, RedisResult row, string owner, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (row.Length > 1) { return await ReadRowAsync(shard, row, cancellationToken) is { } session ? new Lease(session, owner, until) : null; }
        await PurgeAsync(new(new SessionId((string)row[0]!), shard), cancellationToken);
        return null;
    }

    /// <param name="shard">Where it is.</param>
    /// <param name="row">Its id, and its fields.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    private async Task<Session?> ReadRowAsync(int shard, RedisResult row, CancellationToken cancellationToken)
    {
        var values = (RedisValue[])row!;
        var place = new Place(new SessionId((string)values[0]!), shard);
        _places.Remember(place);
        return await ReadAsync(place, values[1..], cancellationToken);
    }

    public async Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancellationToken)
    {
        var user = claims is null ? null : lease.Session with { Claims = claims };
        var (sid, oldSid) = (user?.ClaimValue("sid"), lease.Session.ClaimValue("sid"));
        var place = new Place(lease.Session.Id, RedisKeys.ShardOf(lease.Session.Subject));
        var isRenamed = user is not null && sid != oldSid;

        // Before: a logout then finds it, or has left a mark that is asked for afterwards.
        if (isRenamed) { await ReserveAsync(user!, [], place, Life(user!) + KeptAfterEnd, cancellationToken); }
        var isWritten = (bool)await RunForAsync(
            RedisScripts.Complete,
            lease,
            new()
            {
                protector.Protect(lease.Session.Id, tokens), tokens.ExpiresAt, dueAt, claims is null ? null : JsonSerializer.Serialize(claims),
                user is null ? null : SessionRecord.Folded(user.DisplayName), sid,
            },
            cancellationToken);
        if (isRenamed && isWritten && oldSid is not null) { Unreserve(clients.Value.Of(lease.Session.Provider).Name, oldSid, place); }
        changes.Publish(lease.Session.Id, dueAt);
        return isWritten;
    }

    public Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        ReleaseAsync(lease, protector.Protect(lease.Session.Id, tokens), dueAt, notBefore, error, cancellationToken);

    public Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        ReleaseAsync(lease, sealedTokens: null, dueAt, notBefore, error, cancellationToken);

    private async Task<bool> ReleaseAsync(
        Lease lease, byte[]? sealedTokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        var isWritten = (bool)await RunForAsync(
            RedisScripts.Release, lease, new() { sealedTokens, dueAt, notBefore, error, lease.Session.FailingSince ?? clock.GetUtcNow() }, cancellationToken);
        changes.Publish(lease.Session.Id, dueAt);
        return isWritten;
    }

    public async Task<int> FreeLeasesAsync(string instance, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var freed = await _scripts.RunInAllAsync(RedisScripts.FreeLeases, new() { instance, now }, cancellationToken);
        SessionId[] ids = [.. freed.SelectMany(each => (string[])each!).Select(id => new SessionId(id))];
        foreach (var id in ids) { changes.Publish(id, now); }
        return ids.Length;
    }

    private Task<RedisResult> RunForAsync(string script, Lease lease, Arguments more, CancellationToken cancellationToken) => _scripts.RunAsync(
        script, RedisKeys.ShardOf(lease.Session.Subject), new() { lease.Session.Id.Value, lease.Owner, lease.Session.Version, more }, cancellationToken);

    public async Task<DateTimeOffset?> NextDueAsync(string provider, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(provider).Name;
        DateTimeOffset? next = null;
        var (shards, isWhole) = await _scripts.EarliestAsync(shard => RedisKeys.Due(shard, client), cancellationToken);
        DueShardsOf(client).Remember(shards);
        foreach (var (shard, at) in shards)
        {
            if (next <= at) { break; }
            try
            {
                var living = await _scripts.RunAsync(RedisScripts.NextDue, shard, new() { client, now }, cancellationToken);
                if (!living.IsNull && SessionRecord.Time((RedisValue)living) is var due && !(next <= due)) { next = due; }
            }
            catch (Exception error) when (ShardedScripts.IsNoAnswer(error))
            {
                isWhole = false;
            }
        }

        return isWhole || next <= now + AskedAgain ? next : now + AskedAgain;
    }

    public async Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(Ours.Select(client => _scripts.RunInAllAsync(RedisScripts.CountDue, new() { client, now }, cancellationToken)));
        return counts.SelectMany(each => each).Sum(count => (long)count);
    }
}

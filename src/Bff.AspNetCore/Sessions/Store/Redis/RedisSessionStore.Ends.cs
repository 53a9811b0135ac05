using System.Collections.Concurrent;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <content>How sessions end, and what is kept of them.</content>
internal sealed partial class RedisSessionStore
{
    /// <summary>What one script deletes or looks at when there may be many: others wait until it is through.</summary>
    private const int Batch = 200;

    /// <summary>So many batches of a shard at once at most, so that what has to be done after them is done in time.</summary>
    private const int MaxBatches = 500;

    private static readonly TimeSpan EndsCountInterval = TimeSpan.FromHours(1);

    /// <summary>Whoever began it is not at it any longer.</summary>
    private static readonly TimeSpan Undone = TimeSpan.FromSeconds(30);

    /// <summary>A sign-in does not wait longer for the servers of the sessions that it replaces.</summary>
    private static readonly TimeSpan PatienceWithOthers = TimeSpan.FromMilliseconds(500);

    private DateTimeOffset _endsCountDue;

    public async Task<EndedSession?> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken)
    {
        EndedSession? ended = null;
        if (await _places.FindAsync(id, cancellationToken) is { } shard)
        {
            ended = await EndAsync(new(id, shard), new(reason, Ours) { Version = version }, cancellationToken);
        }

        changes.Publish(new SessionChange(id, DueAt: null, ended?.Reason));
        return ended;
    }

    public async Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken)
    {
        var place = new Place(lease.Session.Id, RedisKeys.ShardOf(lease.Session.Subject));
        var ended = await EndAsync(place, new(reason, Ours) { Version = lease.Session.Version, Owner = lease.Owner }, cancellationToken);
        changes.Publish(new SessionChange(place.Id, DueAt: null, ended?.Reason));
        return ended is not null;
    }

    /// <param name="Reason">Why.</param>
    /// <param name="Clients">If it is of one of these.</param>
    private sealed record End(string Reason, IReadOnlyList<string> Clients)
    {
        public long? Version { get; init; }

        public string? Owner { get; init; }

        public string? Sid { get; init; }

        public string? Tenant { get; init; }

        public DateTimeOffset? ForgetMarkAt { get; init; }
    }

    private async Task<EndedSession?> EndAsync(Place place, End end, CancellationToken cancellationToken)
    {
        var result = await _scripts.RunAsync(
            RedisScripts.End,
            place.Shard,
            new()
            {
                Ending(end.Reason), place.Id.Value, end.Reason, end.Clients, end.Version, end.Owner, end.Sid, end.Tenant,
                end.ForgetMarkAt is null ? null : MarkOf(place.Id), end.ForgetMarkAt,
            },
            cancellationToken);
        return result.IsNull ? null : ReadEnded(place.Shard, (RedisResult[])result!);
    }

    /// <summary>Ends what is noted in a shard, and takes the note away. Who finds nothing more to do, is not the first.</summary>
    private async Task<IReadOnlyList<EndedSession>> FinishAsync(int shard, string name, UnfinishedEnds task, CancellationToken cancellationToken)
    {
        var end = new End(task.Reason, task.Clients) { Sid = task.Sid, Tenant = task.Tenant, ForgetMarkAt = task.ForgetMarkAt };
        var ended = await Task.WhenAll(task.Places.Select(place => EndAsync(place, end, cancellationToken)));
        await connection.Database.HashDeleteAsync(RedisKeys.Undone(shard), name).WaitAsync(cancellationToken);
        return [.. ended.OfType<EndedSession>()];
    }

    /// <summary>The same, when the rest is done: what cannot be done at once is done while nobody waits for it, or left to the sweep.</summary>
    private async Task<IReadOnlyList<EndedSession>> FinishOrLeaveAsync(int shard, string name, UnfinishedEnds task, CancellationToken cancellationToken)
    {
        try
        {
            var finishing = FinishAsync(shard, name, task, CancellationToken.None);
            await Task.WhenAny(finishing, Task.Delay(PatienceWithOthers, clock, cancellationToken));
            if (finishing.IsCompleted) { return await finishing; }
            _ = PublishEndsAsync(finishing);
            return [];
        }
        catch (Exception error) when (ShardedScripts.IsNoAnswer(error))
        {
            return [];
        }
    }

    private async Task PublishEndsAsync(Task<IReadOnlyList<EndedSession>> late)
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully) { PublishEnds(late.Result); }
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken)
    {
        var ended = await Task.WhenAll(
            from client in Ours from shard in RedisKeys.AllShards select RemoveSealedWithAsync(shard, client, key, reason, cancellationToken));
        return [.. ended.SelectMany(each => each)];
    }

    /// <summary>Other nodes hear of the ends at once: a shard that fails must not keep what ended in the others in their copies.</summary>
    private async Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(
        int shard, string client, Guid key, string reason, CancellationToken cancellationToken)
    {
        var (ended, from) = (new List<EndedSession>(), "0");
        do
        {
            var result = (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.RemoveSealed, shard, new() { Ending(reason), client, key.ToByteArray(), reason, from, Batch }, cancellationToken))!;
            from = (string)result[0]!;
            var page = ReadEnded(shard, result[1]);
            PublishEnds(page);
            ended.AddRange(page);
        }
        while (from != "0");

        return ended;
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await origins.EnsureKeptAsync(clock, cancellationToken);   // noticed also where nobody calls
        var ended = new ConcurrentQueue<EndedSession>();
        try
        {
            await Task.WhenAll(RedisKeys.AllShards.Select(shard => SweepAsync(shard, now, ended.Enqueue, cancellationToken)));
            await ForgetEndsAsync(now, cancellationToken);
        }
        catch (Exception error) when (!ended.IsEmpty && RedisFailures.Of(error) is { IsRefusal: false })
        {
            // What ended is told of; the next sweep meets the rest.
        }

        return [.. ended];
    }

    private async Task SweepAsync(int shard, DateTimeOffset now, Action<EndedSession> tell, CancellationToken cancellationToken)
    {
        for (var (batch, isMore) = (0, true); isMore && batch < MaxBatches; batch++)
        {
            var result = (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.Sweep, shard, new() { Ending(reason: null), now, now - SessionClient.AbandonedAfter, clock.GetUtcNow() - Undone, Ours, Batch },
                cancellationToken))!;
            isMore = (bool)result[0];
            ReadEnded(shard, result[1]).ForEach(tell);
            foreach (var undone in (RedisResult[])result[2]!)
            {
                foreach (var session in await FinishUndoneAsync(shard, (string[])undone!, cancellationToken)) { tell(session); }
            }
        }
    }

    private async Task<IReadOnlyList<EndedSession>> FinishUndoneAsync(int shard, string[] noted, CancellationToken cancellationToken)
    {
        var task = UnfinishedEnds.Parse(noted[1]);
        var isAnothers = task is not null && task.Clients.Except(Ours).Any();
        if (isAnothers && clock.GetUtcNow() - task!.Begun < SessionClient.AbandonedAfter) { return []; }
        if (task is not null)
        {
            var ended = await FinishAsync(shard, noted[0], task, cancellationToken);
            PublishEnds(ended);
            return ended;
        }

        await connection.Database.HashDeleteAsync(RedisKeys.Undone(shard), noted[0]).WaitAsync(cancellationToken);
        return [];
    }

    private async Task ForgetEndsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now < _endsCountDue && _endsCountDue - now <= EndsCountInterval) { return; }   // the clock may have been set back since
        var counts = await InAllShards((database, shard) => database.SortedSetLengthAsync(RedisKeys.Ends(shard), flags: Primary), cancellationToken);
        var tooMany = counts.Sum() - maxRememberedEnds;
        if (tooMany > 0)
        {
            var oldest = await InAllShards(
                (database, shard) => database.SortedSetRangeByRankWithScoresAsync(RedisKeys.Ends(shard), 0, Math.Min(tooMany, Batch) - 1, flags: Primary),
                cancellationToken);
            var times = oldest.SelectMany(each => each).Select(end => (long)end.Score).Order().Take((int)Math.Min(tooMany, int.MaxValue)).ToList();
            if (times.Count > 0) { await _scripts.RunInAllAsync(RedisScripts.ForgetEnds, new() { times[^1], Batch }, cancellationToken); }
            if (times.Count < tooMany) { return; }   // goes on with the next sweep
        }

        _endsCountDue = now + EndsCountInterval;
    }

    /// <summary>The first arguments of what ends sessions.</summary>
    private Arguments Ending(string? reason)
    {
        // Some providers give two sign-ins of a user one grant, and end it when either refresh token is revoked; not all name it in a sid. So a session that
        // ended without its user wanting to leave here is revoked only when its user has no other here.
        var waits = reason is null or EndReasons.Replaced or EndReasons.IdleTimeout or EndReasons.AbsoluteTimeout or EndReasons.TooManySessions
            or EndReasons.EndedByUser;
        var (now, revoking) = (clock.GetUtcNow(), clients.Value.All.Where(client => client.KeepsForRevocation()).ToList());
        return new()
        {
            now, now + EndReasons.RememberedFor, waits, NamesOf(revoking), NamesOf(revoking.Where(client => client.RevokesAccessTokens())),
        };

        static string[] NamesOf(IEnumerable<SessionClient> some) => [.. some.Select(client => client.Name)];
    }

    private void PublishEnds(IEnumerable<EndedSession> ended)
    {
        foreach (var session in ended) { changes.Publish(new SessionChange(session.Id, DueAt: null, session.Reason)); }
    }

    private List<EndedSession> ReadEnded(int shard, RedisResult sessions) =>
        [.. ((RedisResult[])sessions!).Select(session => ReadEnded(shard, (RedisResult[])session!))];

    /// <summary>What leads to the session is not needed any more, and nobody waits for it to go.</summary>
    private EndedSession ReadEnded(int shard, RedisResult[] session)
    {
        var (id, reason, client, frontEnd, sid) = (
            new SessionId((string)session[0]!), (string)session[1]!, (string)session[2]!, (string?)session[3], (string?)session[4]);
        _places.ForgetLater(id);
        if (!string.IsNullOrEmpty(sid)) { Unreserve(client, sid, new(id, shard)); }
        return new(id, reason, SessionRecord.NamedBy(frontEnd), clients.Value.Named(client).Provider);
    }
}

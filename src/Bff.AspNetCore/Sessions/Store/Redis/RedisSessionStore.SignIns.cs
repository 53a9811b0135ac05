using System.Text.Json;
using Bff.Providers;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <content>How sessions begin.</content>
internal sealed partial class RedisSessionStore
{
    /// <summary>
    /// A record goes by itself so long after its absolute end, if nobody has swept it: the clocks of nodes and servers may differ, and a client that nobody
    /// runs for a while has its tokens revoked when it comes back.
    /// </summary>
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromDays(8);

    private static readonly TimeSpan UndoPause = TimeSpan.FromSeconds(2);

    private const int MaxUndos = 30;

    public async Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session session, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit, CancellationToken cancellationToken)
    {
        var place = new Place(session.Id, RedisKeys.ShardOf(session.Subject));
        var old = new List<Place>();
        foreach (var id in replaced)
        {
            if (await _places.FindAsync(id, cancellationToken) is { } shard) { old.Add(new(id, shard)); }
        }

        Place[] elsewhere = [.. old.Where(one => one.Shard != place.Shard)];
        var task = elsewhere.Length == 0 ? null : new UnfinishedEnds(clock.GetUtcNow(), EndReasons.Replaced, Ours, elsewhere);
        var ended = await AddAsync(session, place, [.. old.Except(elsewhere).Select(one => one.Id.Value)], limit, task, cancellationToken);
        if (ended is null) { return null; }
        if (task is not null) { ended = [.. ended, .. await FinishOrLeaveAsync(place.Shard, session.Id.Value, task, cancellationToken)]; }
        var order = replaced.ToList();
        EndedSession[] inOrder = [.. ended.OrderBy(one => order.IndexOf(one.Id) is >= 0 and var at ? at : order.Count)];
        PublishEnds(inOrder);
        if (cancellationToken.IsCancellationRequested)
        {
            _ = UndoAsync(session, place);
            cancellationToken.ThrowIfCancellationRequested();
        }

        changes.Publish(new SessionChange(session.Id, session.DueAt, Started: true));
        return inOrder;
    }

    /// <returns>Those that ended in its shard; null when it is one too many itself.</returns>
    private async Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session session, Place place, string[] replaced, SessionLimit? limit, UnfinishedEnds? task, CancellationToken cancellationToken)
    {
        var ttl = Life(session) + KeptAfterEnd;
        var marks = LogoutMarks.Of(session, clients.Value.Of(session.Provider).Name);
        await _places.KeepAsync(place, ttl).WaitAsync(cancellationToken);
        if (!await ReserveAsync(session, marks, place, ttl, cancellationToken))
        {
            Withdraw(session, place);
            throw new SignedOutMeanwhileException();
        }

        var result = await InsertAsync(session, place, ttl, replaced, limit, task, cancellationToken);
        switch ((string?)result[0])
        {
            case "lost":
                Withdraw(session, place);
                throw origins.Lose();
            case "there": throw new SessionStoreException("There is a session of this id already.") { IsRefusal = true };
            case "signed_out":
                Withdraw(session, place);
                throw new SignedOutMeanwhileException();
            case "too_many":
                Withdraw(session, place);
                return null;
        }

        _places.Remember(place);
        return ReadEnded(place.Shard, result[1]);
    }

    private async Task<RedisResult[]> InsertAsync(
        Session session, Place place, TimeSpan ttl, string[] replaced, SessionLimit? limit, UnfinishedEnds? task, CancellationToken cancellationToken)
    {
        string[] marks = [.. LogoutMarks.Of(session, clients.Value.Of(session.Provider).Name), MarkOf(session.Id)];
        try
        {
            return (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.Add,
                place.Shard,
                new()
                {
                    Ending(EndReasons.Replaced), origins.Of(place.Shard), session.Id.Value, ttl, session.SignInBegunAt + LogoutMarks.Life, marks,
                    (long?)limit?.Max, limit?.WhenTooMany == TooManySessions.RefuseNewest, SessionLimit.MaxEndedByOne,
                    session.Tenant is { } tenant ? TextOfTenant(tenant) : null, replaced, Ours, task is null ? null : session.Id.Value, $"{task}",
                    _records.Write(session),
                },
                cancellationToken))!;
        }
        catch (Exception error) when (error is OperationCanceledException or RedisTimeoutException or RedisConnectionException)
        {
            _ = UndoAsync(session, place);
            throw;
        }
    }

    /// <summary>
    /// Nobody waits for the answer any longer, so nobody has its key, but the script may have run, or may still, since this one may come by a faster way: what
    /// comes of it must not count.
    /// </summary>
    private async Task UndoAsync(Session session, Place place)
    {
        var end = new End(EndReasons.Unknown, Ours) { ForgetMarkAt = Later(session.SignInBegunAt, clock.GetUtcNow()) + LogoutMarks.Life };
        for (var tries = 0; tries < MaxUndos; tries++)
        {
            await Task.Delay(UndoPause, clock);
            try
            {
                var ended = await EndAsync(place, end, CancellationToken.None);
                changes.Publish(new SessionChange(session.Id, DueAt: null, ended?.Reason));
                return;
            }
            catch (Exception error) when (RedisFailures.Of(error) is not null || error is TimeoutException)
            {
                // Again, while there is a chance that it is there.
            }
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>Whoever signs out its session at the provider finds it from now on, by the name that it has there.</summary>
    private async Task<bool> ReserveAsync(
        Session session, IReadOnlyList<string> marks, Place place, TimeSpan ttl, CancellationToken cancellationToken)
    {
        if (session.ClaimValue("sid") is not { } sid) { return true; }
        var client = clients.Value.Of(session.Provider).Name;
        return (bool)await _scripts.RunAsync(
            RedisScripts.Reserve, ShardOfSid(client, sid),
            new() { session.SignInBegunAt + LogoutMarks.Life, marks, client, sid, $"{place}", clock.GetUtcNow(), session.AbsoluteEndsAt, ttl },
            cancellationToken);
    }

    private TimeSpan Life(Session session) => session.AbsoluteEndsAt - clock.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private void Withdraw(Session session, Place place)
    {
        _places.Forget(session.Id);
        if (session.ClaimValue("sid") is { } sid) { Unreserve(clients.Value.Of(session.Provider).Name, sid, place); }
    }

    private void Unreserve(string client, string sid, Place place) => connection.Database.ScriptEvaluate(
        RedisScripts.Unreserve, RedisKeys.DeclaredOf(ShardOfSid(client, sid)), new Arguments { client, sid, $"{place}" }.ToArray(), CommandFlags.FireAndForget);

    private static int ShardOfSid(string client, string sid) => RedisKeys.ShardOf($"{client}\n{sid}");

    /// <summary>Keeps a session from beginning of which somebody knows already that it is over.</summary>
    private static string MarkOf(SessionId id) => "gone:" + id.Value;

    /// <summary>As claims have it.</summary>
    private static string TextOfTenant(string tenant) => JsonSerializer.Serialize(new SessionClaim(TenantIssuers.Claim, tenant));
}

using System.Globalization;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// Sessions in Redis. All of a user is in one shard, and each write is one script there, so it is one step. What concerns several shards is noted in one of
/// them first, and done by whoever finds it undone.
/// </summary>
/// <param name="connection">Where they are.</param>
/// <param name="protector">Seals the tokens.</param>
/// <param name="changes">Told of each write.</param>
/// <param name="clients">Ours.</param>
/// <param name="clock">The time.</param>
/// <param name="origins">Notices that what was stored is gone.</param>
/// <param name="maxRememberedEnds">The oldest ends are forgotten sooner when there are more: they take about 300 bytes each.</param>
internal sealed partial class RedisSessionStore(
    RedisConnection connection, TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock,
    ShardOrigins origins, int maxRememberedEnds = 1_000_000)
    : IFullSessionStore
{
    /// <summary>A node's own, so that nobody takes another's for it.</summary>
    private static readonly string ProbeValue = Guid.NewGuid().ToString("N");

    private static readonly TimeSpan ProbeLife = TimeSpan.FromMinutes(1);

    /// <summary>The server forgets counts by its own clock, and later than they are of use.</summary>
    private static readonly TimeSpan CountSlack = TimeSpan.FromMinutes(1);

    private readonly ShardedScripts _scripts = new(connection);
    private readonly SessionPlaces _places = new(connection);
    private readonly SessionRecord _records = new(protector, clients, clock);
    private readonly RedisRevocations _revocations = new(connection, protector, clients, clock);

    private IReadOnlyList<string> Ours => field ??= [.. clients.Value.All.Select(client => client.Name)];

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        var shard = await _places.FindAsync(id, cancellationToken);
        var found = shard is { } known ? await FindAsync(new Place(id, known), cancellationToken) : null;
        if (found is null)
        {
            // Nobody is told that they have no session by servers that have lost all of them.
            await origins.EnsureKeptAsync(shard ?? RedisKeys.ShardOf(id.Value), cancellationToken);
            if (shard is null) { await origins.EnsureKeptAsync(clock, cancellationToken); }
        }

        // Its key may be among those that cannot be read now.
        return found is { Tokens: null } && protector.Unreadable is { } keys ? throw keys : found;
    }

    private async Task<Session?> FindAsync(Place place, CancellationToken cancellationToken)
    {
        RedisValue[] fields;
        try
        {
            fields = await connection.Database.HashGetAsync(RedisKeys.Record(place.Shard, place.Id), SessionRecord.FieldNames, Primary)
                .WaitAsync(cancellationToken);
        }
        catch (RedisServerException error) when (IsNoRecord(error))
        {
            await PurgeAsync(place, cancellationToken);
            return null;
        }

        return Array.TrueForAll(fields, field => field.IsNull) ? null : await ReadAsync(place, fields, cancellationToken);
    }

    /// <returns>Null when it is another client's, or nobody here can make sense of it: it is over then, or its user would not get past it.</returns>
    private async Task<Session?> ReadAsync(Place place, IReadOnlyList<RedisValue> fields, CancellationToken cancellationToken)
    {
        if (SessionRecord.ClientOf(fields) is { } client && !Ours.Contains(client)) { return null; }
        var session = await _records.ReadAsync(place.Id, fields, cancellationToken);
        if (session is null) { await PurgeAsync(place, cancellationToken); }
        return session;
    }

    private async Task PurgeAsync(Place place, CancellationToken cancellationToken)
    {
        protector.IsUnreadable(place.Id);
        await _scripts.RunAsync(RedisScripts.Purge, place.Shard, new() { place.Id.Value }, cancellationToken);
        changes.Publish(new SessionChange(place.Id, DueAt: null, EndReasons.Unknown));
    }

    public async Task<IReadOnlyList<SessionGlance>> GlanceAsync(IReadOnlyCollection<SessionId> ids, CancellationToken cancellationToken)
    {
        var glances = await Task.WhenAll(ids.Select(id => GlanceAsync(id, cancellationToken)));
        return [.. glances.OfType<SessionGlance>()];
    }

    private async Task<SessionGlance?> GlanceAsync(SessionId id, CancellationToken cancellationToken)
    {
        if (await _places.FindAsync(id, cancellationToken) is not { } shard) { return null; }
        try
        {
            var fields = await connection.Database.HashGetAsync(RedisKeys.Record(shard, id), SessionRecord.GlanceNames, Primary).WaitAsync(cancellationToken);
            return SessionRecord.GlanceOf(id, fields, Ours);
        }
        catch (RedisServerException error) when (IsNoRecord(error))
        {
            return null;   // who then reads it ends it
        }
    }

    private static bool IsNoRecord(RedisServerException error) => error.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);

    public async Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken)
    {
        if (await _places.FindAsync(id, cancellationToken) is not { } shard) { return null; }
        var end = (string?)await connection.Database.HashGetAsync(RedisKeys.Reasons(shard), id.Value, flags: Primary).WaitAsync(cancellationToken);
        return end?.Split(' ') is [var forgetAt, var reason, var client] && SessionRecord.Time(forgetAt) > clock.GetUtcNow() && Ours.Contains(client)
            ? reason : null;
    }

    public Task ProbeReadAsync(CancellationToken cancellationToken) => origins.ProbeAsync(cancellationToken);

    public Task ProbeWriteAsync(CancellationToken cancellationToken) =>
        InAllShards((database, shard) => database.StringSetAsync(RedisKeys.Probe(shard), ProbeValue, ProbeLife), cancellationToken);

    private Task<T[]> InAllShards<T>(Func<IDatabase, int, Task<T>> ask, CancellationToken cancellationToken)
    {
        var database = connection.Database;
        return Task.WhenAll(RedisKeys.AllShards.Select(shard => ask(database, shard))).WaitAsync(cancellationToken);
    }

    public async Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken)
    {
        RedisResult? ends = null;
        if (await _places.FindAsync(id, cancellationToken) is { } shard)
        {
            ends = await _scripts.RunAsync(RedisScripts.Slide, shard, new() { id.Value, endsAt }, cancellationToken);
        }

        changes.Publish(id);
        return ends is { IsNull: false } ? SessionRecord.Time((RedisValue)ends) : null;
    }

    public async Task RevokeLaterAsync(
        SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken)
    {
        // What an ended session left is where it was; else it is where the sessions are that it waits for.
        var shard = ended || subject is null ? await _places.FindAsync(id, cancellationToken) : null;
        shard ??= RedisKeys.ShardOf(subject ?? id.Value);
        if (await _revocations.KeepAsync(shard.Value, id, provider, subject, tokens, ended, cancellationToken)) { changes.PublishToRevoke(); }
    }

    public Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken) =>
        _revocations.ClaimAsync(provider, now, until, take, cancellationToken);

    public Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken) =>
        _revocations.CompleteAsync(revocation, again, cancellationToken);

    public async Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        await connection.Database.SortedSetAddAsync(
            RedisKeys.UsedOnce(RedisKeys.ShardOf(id)), id, forgetAt.ToUnixTimeMilliseconds(), When.NotExists).WaitAsync(cancellationToken);

    public async Task<IReadOnlyDictionary<string, long>> CountAsync(
        IReadOnlyDictionary<string, int> counts, DateTimeOffset windowEnd, CancellationToken cancellationToken)
    {
        var life = windowEnd - clock.GetUtcNow() + CountSlack;
        var sums = await Task.WhenAll(counts.GroupBy(count => RedisKeys.ShardOf(count.Key)).Select(AddAsync));
        return sums.SelectMany(each => each).ToDictionary(StringComparer.Ordinal);

        async Task<IEnumerable<KeyValuePair<string, long>>> AddAsync(IGrouping<int, KeyValuePair<string, int>> shard)
        {
            var arguments = new Arguments { life > CountSlack ? life : CountSlack, shard.LongCount() };
            foreach (var (name, by) in shard)
            {
                arguments.Add(string.Create(CultureInfo.InvariantCulture, $"{name}@{windowEnd.ToUnixTimeMilliseconds()}"));
                arguments.Add(by);
            }

            var added = (long[])(await _scripts.RunAsync(RedisScripts.Count, shard.Key, arguments, cancellationToken))!;
            return shard.Zip(added, (count, sum) => KeyValuePair.Create(count.Key, sum));
        }
    }
}

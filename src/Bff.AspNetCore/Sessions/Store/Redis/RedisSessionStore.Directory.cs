using Bff.Providers;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <content>Its <see cref="ISessionDirectory"/>.</content>
internal sealed partial class RedisSessionStore
{
    /// <summary>What one script looks at that counts, from a few numbers of each.</summary>
    private const int CountBatch = 1000;

    public async Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var from = now.ToUnixTimeMilliseconds();
        var living = Task.WhenAll(Ours.Select(client => InAllShards(
            (database, shard) => database.SortedSetLengthAsync(RedisKeys.Ending(shard, client), from, exclude: Exclude.Start, flags: Primary),
            cancellationToken)));
        var renewable = Task.WhenAll(Ours.Select(client => InAllShards(
            (database, shard) => database.SortedSetLengthAsync(RedisKeys.Due(shard, client), flags: Primary), cancellationToken)));
        return new((await living).SelectMany(each => each).Sum(), (await renewable).SelectMany(each => each).Sum());
    }

    public async Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancellationToken)
    {
        string[] times = [.. Enumerable.Range(0, steps + 1).Select(number => $"{(now + (step * number)).ToUnixTimeMilliseconds()}")];
        var counts = new long[steps];
        foreach (var client in Ours)
        {
            foreach (var shard in await _scripts.RunInAllAsync(RedisScripts.CountUpcoming, new() { client, times }, cancellationToken))
            {
                foreach (var (at, count) in ((long[])shard!).Index()) { counts[at] += count; }
            }
        }

        return counts;
    }

    public async Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(TroubledParts(now, lateBefore, Ours).Select(part => PagesAsync(
            from => _scripts.RunAsync(RedisScripts.CountTrouble, part.Shard, new() { part.Arguments, from, CountBatch }, cancellationToken),
            page => (Late: (long)page[1], Expired: (long)page[2], Since: page[3].IsNull ? (DateTimeOffset?)null : SessionRecord.Time((RedisValue)page[3])))));
        var pages = found.SelectMany(each => each).ToList();
        return new(pages.Sum(page => page.Late), pages.Sum(page => page.Expired), pages.Min(page => page.Since));
    }

    private static readonly bool[] FailingOrNot = [true, false];

    /// <summary>Those that fail, and those that do not and are late all the same: in each shard, of each client.</summary>
    private static IEnumerable<(int Shard, Arguments Arguments)> TroubledParts(
        DateTimeOffset now, DateTimeOffset lateBefore, IReadOnlyList<string> names) =>
        from shard in RedisKeys.AllShards
        from client in names
        from fails in FailingOrNot
        select (shard, new Arguments { client, now, lateBefore, fails });

    /// <summary>What a script yields that looks at some at a time, and says first where to go on.</summary>
    private static async Task<IReadOnlyList<T>> PagesAsync<T>(Func<string, Task<RedisResult>> lookFromAsync, Func<RedisResult[], T> read)
    {
        var pages = new List<T>();
        for (string? from = "0"; from is not null;)
        {
            var page = (RedisResult[])(await lookFromAsync(from))!;
            pages.Add(read(page));
            from = (string?)page[0];
        }

        return pages;
    }

    public async Task<IReadOnlyList<Session>> SearchTroubleAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(TroubledParts(now, lateBefore, NamesOf(filter.Provider)).Select(part => PagesAsync(
            from => _scripts.RunAsync(RedisScripts.SearchTrouble, part.Shard, new() { Of(filter), part.Arguments, from, Batch }, cancellationToken),
            page => Hit.Read(part.Shard, page[1]))));
        return await ReadAsync(found.SelectMany(each => each).SelectMany(each => each), after, take, cancellationToken);
    }

    public async Task<Session?> FindByHandleAsync(string handle, CancellationToken cancellationToken) =>
        await _places.FindByHandleAsync(handle, cancellationToken) is { } place ? await FindAsync(place, cancellationToken) : null;

    public async Task<IReadOnlyList<Session>> SearchAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var parts = (from shard in RedisKeys.AllShards from client in NamesOf(filter.Provider) select new SearchedPart(shard, client)).ToList();
        var hits = new List<Hit>();
        while (parts.Count > 0)
        {
            await Task.WhenAll(parts.Select(part => SearchAsync(part, filter, after, take, now, cancellationToken)));
            hits = [.. hits.Concat(parts.SelectMany(part => part.Found)).DistinctBy(hit => hit.Place.Id).OrderDescending().Take(take)];

            // What is left of a part is listed behind what was seen of it last.
            var last = hits.Count == take ? hits[^1] : null;
            parts = [.. parts.Where(part => part.From is not null && part.LastSeen!.CompareTo(last) > 0)];
        }

        return await ReadAsync(hits, after: null, take, cancellationToken);
    }

    private async Task SearchAsync(
        SearchedPart part, SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var newest = after is null ? "+inf" : $"{after.CreatedAt.ToUnixTimeMilliseconds()}";
        var page = (RedisResult[])(await _scripts.RunAsync(
            RedisScripts.Search, part.Shard, new() { Of(filter), part.Client, now, newest, after?.Handle, part.From, part.Past, Batch, take },
            cancellationToken))!;
        (part.From, part.Past, part.Found) = ((string?)page[0], (int)page[1], Hit.Read(part.Shard, page[2]));
        if (part.From is not null) { part.LastSeen = new(new(new SessionId((string)page[3]!), part.Shard), SessionRecord.Number(part.From)); }
    }

    /// <summary>How far a search has come in one shard.</summary>
    private sealed class SearchedPart(int shard, string client)
    {
        public int Shard => shard;

        public string Client => client;

        /// <summary>When the last one seen began; null before the first look, and after the last.</summary>
        public string? From { get; set; }

        public Hit? LastSeen { get; set; }

        /// <summary>How many of that time were seen.</summary>
        public int Past { get; set; }

        /// <summary>By the last look.</summary>
        public IReadOnlyList<Hit> Found { get; set; } = [];
    }

    /// <summary>Ordered as sessions are listed.</summary>
    private sealed record Hit(Place Place, long CreatedAt) : IComparable<Hit>
    {
        private string Handle => $"{Place.Id}";

        public static IReadOnlyList<Hit> Read(int shard, RedisResult hits) =>
        [
            .. ((RedisResult[])hits!).Select(hit => (RedisValue[])hit!)
                .Select(hit => new Hit(new(new SessionId((string)hit[0]!), shard), SessionRecord.Number(hit[1]))),
        ];

        public bool IsAfter(SessionPosition position) => CreatedAt.CompareTo(position.CreatedAt.ToUnixTimeMilliseconds()) is var order
            && (order < 0 || (order == 0 && string.CompareOrdinal(Handle, position.Handle) < 0));

        public int CompareTo(Hit? other) => other is null ? 1
            : CreatedAt != other.CreatedAt ? CreatedAt.CompareTo(other.CreatedAt) : string.CompareOrdinal(Handle, other.Handle);
    }

    private async Task<IReadOnlyList<Session>> ReadAsync(IEnumerable<Hit> hits, SessionPosition? after, int take, CancellationToken cancellationToken)
    {
        var listed = hits.Where(hit => after is null || hit.IsAfter(after)).DistinctBy(hit => hit.Place.Id).OrderDescending().Take(take);
        var sessions = await Task.WhenAll(listed.Select(hit => FindAsync(hit.Place, cancellationToken)));
        return [.. sessions.OfType<Session>()];
    }

    private static Arguments Of(SessionFilter filter) => new()
    {
        filter.FrontEnd is null, filter.FrontEnd is null ? null : SessionRecord.NameOf(filter.FrontEnd), filter.User,
        filter.User is null ? null : SessionRecord.Folded(filter.User),
    };

    private IReadOnlyList<string> NamesOf(string? provider) => provider is null ? Ours : [clients.Value.Of(provider).Name];

    public async Task<IReadOnlyList<UserSession>> ListOfUserAsync(
        Session session, string? handle, int take, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = (RedisResult[])(await _scripts.RunAsync(
            RedisScripts.ListOfUser, RedisKeys.ShardOf(session.Subject),
            new() { session.Subject, session.Id.Value, now, NamesOf(session.Provider), UserSession.MaxOfSubject }, cancellationToken))!;
        return
        [
            .. rows.Select(row => (RedisValue[])row!)
                .Where(row => SessionRecord.ReadClaims(row[5]).FirstOrDefault(claim => claim.Type == TenantIssuers.Claim)?.Value == session.Tenant)
                .Select(row => new UserSession(
                    new SessionId((string)row[0]!), SessionRecord.NamedBy(row[1]), SessionRecord.Time(row[2]), SessionRecord.Time(row[3]),
                    SessionRecord.Time(row[4])))
                .Where(other => handle is null || other.Id == session.Id || $"{other.Id}" == handle)
                .OrderByDescending(other => other.Id == session.Id).ThenByDescending(other => other.CreatedAt)
                .ThenByDescending(other => other.Id.Value, StringComparer.Ordinal).Take(take),
        ];
    }

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(
        string subject, string? provider, string reason, CancellationToken cancellationToken)
    {
        var (shard, removed, from) = (RedisKeys.ShardOf(subject), new List<Session>(), "0");
        do
        {
            var page = (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.RemoveUser, shard, new() { Ending(reason), subject, reason, NamesOf(provider), from, Batch }, cancellationToken))!;
            from = (string)page[0]!;
            foreach (var row in (RedisResult[])page[1]!)
            {
                if (await ReadRowAsync(shard, row, cancellationToken) is not { } session) { continue; }
                _places.ForgetLater(session.Id);
                if (session.ClaimValue("sid") is { } sid) { Unreserve(clients.Value.Of(session.Provider).Name, sid, new(session.Id, shard)); }
                removed.Add(session);
                changes.Publish(new SessionChange(session.Id, DueAt: null, reason));
            }
        }
        while (from != "0");

        return removed;
    }
}

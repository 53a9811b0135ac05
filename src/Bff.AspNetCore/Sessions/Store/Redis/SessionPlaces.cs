using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// In which shard a session is: that of its user, which its id does not say. It stands under the session's handle, and a node remembers it, so that a session
/// it has seen is read with one command.
/// </summary>
/// <remarks>
/// It is written before the session and goes some time after it, so there is no session without; one that leads nowhere is no harm. A session never moves.
/// </remarks>
internal sealed class SessionPlaces(RedisConnection connection)
{
    /// <summary>Why a session ended is looked for as long.</summary>
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromDays(4);

    /// <summary>2 MiB; of more sessions than this some are looked for again.</summary>
    private const int RememberedBits = 18;

    private const int ShardBits = 7, Characters = 8, CharacterBits = 7;

    /// <summary>Seven bits of shard below 56 of the id.</summary>
    private readonly ulong[] _remembered = new ulong[1 << RememberedBits];

    /// <returns>Null when there is no such session, nor was in the last days.</returns>
    public async ValueTask<int?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        if (Remembered(id) is { } shard) { return shard; }
        return await FindByHandleAsync($"{id}", cancellationToken) is { } place && place.Id == id ? place.Shard : null;
    }

    public async Task<Place?> FindByHandleAsync(string handle, CancellationToken cancellationToken)
    {
        var place = Place.Parse(await connection.Database.StringGetAsync(RedisKeys.Place(handle), flags: Primary).WaitAsync(cancellationToken));
        if (place is not null) { Remember(place); }
        return place;
    }

    public Task KeepAsync(Place place, TimeSpan life) => connection.Database.StringSetAsync(RedisKeys.Place($"{place.Id}"), $"{place}", life);

    public void Remember(Place place) => Volatile.Write(ref Slot(place.Id, out var mark), mark | (uint)place.Shard);

    /// <summary>The session has ended; it may be asked why for some days.</summary>
    public void ForgetLater(SessionId id) =>
        connection.Database.KeyExpire(RedisKeys.Place($"{id}"), KeptAfterEnd, flags: CommandFlags.FireAndForget);

    public void Forget(SessionId id) => connection.Database.KeyDelete(RedisKeys.Place($"{id}"), CommandFlags.FireAndForget);

    private int? Remembered(SessionId id)
    {
        var found = Volatile.Read(ref Slot(id, out var mark));
        return found != 0 && found >> ShardBits == mark >> ShardBits ? (int)(found & (RedisKeys.Shards - 1)) : null;
    }

    /// <summary>An id is the hash of a secret, so how it begins is as good as any hash of it.</summary>
    private ref ulong Slot(SessionId id, out ulong mark)
    {
        ulong bits = 0;
        foreach (var character in id.Value.AsSpan(0, Math.Min(Characters, id.Value.Length))) { bits = (bits << CharacterBits) | (character & 0x7Fu); }
        mark = (bits + 1) << ShardBits;
        return ref _remembered[(bits * 0x9E3779B97F4A7C15) >> (64 - RememberedBits)];
    }
}

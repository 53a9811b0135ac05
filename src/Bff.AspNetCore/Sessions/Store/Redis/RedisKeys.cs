using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// What keys are called. All of a user is in one shard, and the names of all keys of a shard have one hash tag: they are on one node of a cluster, where a
/// script is one step.
/// </summary>
internal static class RedisKeys
{
    /// <summary>
    /// Never another: where a session is found depends on it. Each costs some commands where all are asked; with them three nodes have shares that differ by
    /// a fifteenth, ten nodes by half.
    /// </summary>
    public const int Shards = 128;

    public static readonly IReadOnlyList<int> AllShards = [.. Enumerable.Range(0, Shards)];

    public static readonly RedisKey Schema = "bff:schema", KeyRing = "bff:keys", Nodes = "bff:nodes";

    private static readonly string[] Names = [.. AllShards.Select(shard => string.Create(CultureInfo.InvariantCulture, $"bff:{{s{shard:000}}}"))];

    /// <summary>The shard of a user, or of anything else that has a name.</summary>
    public static int ShardOf(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(name))[0] % Shards;

    /// <summary>
    /// What a script declares: what the keys of its shard begin with, and a second key that is never there. While a cluster moves the slot of a shard from one
    /// server to another, a script with one key that is missing would run at the new server, which has not all of the shard yet. With two it is refused
    /// (TRYAGAIN) until the move is over.
    /// </summary>
    public static RedisKey[] DeclaredOf(int shard) => [Names[shard], Names[shard] + ":-"];

    public static RedisKey Record(int shard, SessionId id) => $"{Names[shard]}:r:{id.Value}";

    /// <summary>Sessions of a client by when they are due; revocations likewise.</summary>
    public static RedisKey Due(int shard, string client) => $"{Names[shard]}:due:{client}";

    public static RedisKey RevocationsDue(int shard, string client) => $"{Names[shard]}:vdue:{client}";

    /// <summary>Sessions of a client by when they end.</summary>
    public static RedisKey Ending(int shard, string client) => $"{Names[shard]}:end:{client}";

    /// <summary>What may be used once, and what logouts leave, by when it may be forgotten.</summary>
    public static RedisKey UsedOnce(int shard) => $"{Names[shard]}:once";

    public static RedisKey Marks(int shard) => $"{Names[shard]}:marks";

    /// <summary>Why sessions ended; and the same by when that may be forgotten.</summary>
    public static RedisKey Reasons(int shard) => $"{Names[shard]}:why";

    public static RedisKey Ends(int shard) => $"{Names[shard]}:ends";

    public static RedisKey ClientToken(int shard, string id) => $"{Names[shard]}:c:{id}";

    public static RedisKey Undone(int shard) => $"{Names[shard]}:todo";

    public static RedisKey Probe(int shard) => $"{Names[shard]}:probe";

    /// <summary>Who prepared the shard when nothing was in it.</summary>
    public static RedisKey Origin(int shard) => $"{Names[shard]}:origin";

    /// <summary>In which shard a session is.</summary>
    public static RedisKey Place(string handle) => $"bff:h:{handle}";
}

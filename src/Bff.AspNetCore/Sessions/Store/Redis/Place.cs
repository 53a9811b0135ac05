using System.Globalization;

namespace Bff.Sessions.Store.Redis;

/// <summary>A session and the shard it is in.</summary>
internal sealed record Place(SessionId Id, int Shard)
{
    private const int Digits = 3;

    /// <summary>The shard's number, then the id.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Shard:000}{Id.Value}");

    /// <returns>Null for what is none.</returns>
    public static Place? Parse(string? text) =>
        text is { Length: > Digits } && int.TryParse(text.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
        && shard < RedisKeys.Shards ? new(new SessionId(text[Digits..]), shard) : null;
}

using System.Globalization;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>How what is stored is laid out. Records have a version of their own; this one is of everything between them.</summary>
internal static class RedisSchema
{
    public const int Version = 1;

    /// <summary>The lowest version whose programs can use a store of <see cref="Version"/>.</summary>
    private const int ReadableFrom = 1;

    private const string VersionField = "version", ReadableFromField = "readable_from";

    /// <exception cref="IOException">It is of a later version, which this program cannot use.</exception>
    public static void EnsureUsable(IDatabase database)
    {
        if (Read(database) is not var (version, readableFrom) || version <= Version || readableFrom <= Version) { return; }
        throw new IOException(
            $"it was written by a newer version of Bff (schema {version}, for programs that know schema {readableFrom}; this one knows {Version})");
    }

    public static void Write(IDatabase database)
    {
        if (Read(database) is { Version: >= Version }) { return; }
        database.HashSet(RedisKeys.Schema, [new(VersionField, Version), new(ReadableFromField, ReadableFrom)]);
    }

    private static (long Version, long ReadableFrom)? Read(IDatabase database)
    {
        var fields = database.HashGet(RedisKeys.Schema, [VersionField, ReadableFromField], flags: Primary);
        if (!TryRead(fields[0], out var version)) { return null; }
        return (version, TryRead(fields[1], out var readableFrom) ? readableFrom : version);
    }

    private static bool TryRead(RedisValue value, out long number) =>
        long.TryParse((string?)value, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

namespace Bff.Sessions.Store.Sql;

/// <summary>A store was brought, or would be brought, to another version.</summary>
/// <param name="From">The version it had.</param>
/// <param name="To">The version it has then.</param>
/// <param name="ReadableFrom">The lowest version whose programs can use it then.</param>
internal sealed record SchemaMigration(long From, long To, long ReadableFrom)
{
    /// <summary>What this program does to such a store when it starts; null for nothing, and for an empty one: it is made, and nobody is there to miss the old.</summary>
    public static SchemaMigration? Of(StoredSchema stored) =>
        stored.Version is > 0 and < SessionSchema.Version ? new(stored.Version, SessionSchema.Version, SessionSchema.ReadableFrom) : null;
}

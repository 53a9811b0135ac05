namespace Bff.Sessions.Store;

/// <summary>A store was brought, or would be brought, to another version.</summary>
/// <param name="From">The version it had.</param>
/// <param name="To">The version it has then.</param>
/// <param name="ReadableFrom">The lowest version whose programs can use it then.</param>
internal sealed record SchemaMigration(long From, long To, long ReadableFrom);

namespace Bff.Sessions.Store.Sql;

/// <summary>What a store says of itself.</summary>
/// <param name="Version">The schema's version; 0 for an empty store.</param>
/// <param name="ReadableFrom">The lowest version whose programs can use it; null when it was last changed by a program that did not say.</param>
internal sealed record StoredSchema(long Version, long? ReadableFrom);

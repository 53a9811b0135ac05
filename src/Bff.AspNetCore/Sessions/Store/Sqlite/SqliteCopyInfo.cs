using Bff.Sessions.Store.Sql;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>What a copy of a store is.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Lineage">Whose copy it is; null when the store did not say yet.</param>
/// <param name="Sessions">How many sessions are in it.</param>
internal sealed record SqliteCopyInfo(StoredSchema Schema, string? Lineage, long Sessions);

namespace Bff.Sessions.Store.Sql;

/// <summary>One step of the schema, from the version before it.</summary>
/// <param name="Version">The version it makes.</param>
/// <param name="What">What there is from then on.</param>
/// <param name="Sql">The statements, given the database's type for binary data.</param>
internal sealed record SchemaChange(int Version, string What, Func<string, string> Sql);

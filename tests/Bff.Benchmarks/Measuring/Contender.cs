namespace Bff.Benchmarks.Measuring;

/// <summary>Something that takes calls, in a process of its own.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Port">Where it does.</param>
/// <param name="ProcessId">Whose CPU time counts.</param>
/// <param name="Process">To stop it.</param>
internal sealed record Contender(string Name, int Port, int ProcessId, IAsyncDisposable Process) : IAsyncDisposable
{
    public const string Direct = "direct", Bare = "bare", Sqlite = "sqlite", PostgreSql = "postgres";

    /// <summary>All there are, in the order of the table.</summary>
    public static readonly IReadOnlyList<string> Names = [Direct, Bare, Sqlite, PostgreSql];

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

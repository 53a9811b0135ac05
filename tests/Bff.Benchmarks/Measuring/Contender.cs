namespace Bff.Benchmarks.Measuring;

/// <summary>Something that takes calls, in a process of its own.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Port">Where it does.</param>
/// <param name="ProcessId">Whose CPU time counts, with all it has started.</param>
/// <param name="Process">To stop it.</param>
internal sealed record Contender(string Name, int Port, int ProcessId, IAsyncDisposable Process) : IAsyncDisposable
{
    public const string Direct = "direct", Bare = "bare", Nginx = "nginx", Apache = "apache", Sqlite = "sqlite", PostgreSql = "postgres", Bound = "bound";

    private static readonly (string Name, string Label)[] All =
    [
        (Direct, "the upstream itself"), (Bare, "bare YARP"), (Nginx, "nginx"), (Apache, "Apache, mod_auth_openidc"), (Sqlite, "Bff, SQLite"),
        (PostgreSql, "Bff, PostgreSQL"), (Bound, "Bff, SQLite, bound token"),
    ];

    /// <summary>In the order of the table, but for the one that is there beside <see cref="Sqlite"/> where a scenario asks for it.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(one => one.Name).Where(name => name != Bound)];

    public static string LabelOf(string name) => All.Single(one => one.Name == name).Label;

    /// <summary>Whether it has tokens to renew, or is what those that have are compared with.</summary>
    public static bool CanRenew(string name) => name is Bare or Sqlite or PostgreSql;

    /// <summary>With the header of its session; null for those that were written into the stores.</summary>
    public string? CookieFile { get; init; }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

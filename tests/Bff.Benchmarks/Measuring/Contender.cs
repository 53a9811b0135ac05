namespace Bff.Benchmarks.Measuring;

/// <summary>Something that takes calls, in a process of its own.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Port">Where it does.</param>
/// <param name="ProcessId">Whose CPU time counts, with all it has started.</param>
/// <param name="Process">To stop it.</param>
internal sealed record Contender(string Name, int Port, int ProcessId, IAsyncDisposable Process) : IAsyncDisposable
{
    public const string Direct = "direct", Bare = "bare", Nginx = "nginx", Apache = "apache", Sqlite = "sqlite", PostgreSql = "postgres", Bound = "bound",
        Gateway = "gateway";

    private static readonly (string Name, string Label)[] All =
    [
        (Direct, "the upstream itself"), (Bare, "bare YARP"), (Nginx, "nginx"), (Apache, "Apache, mod_auth_openidc"), (Sqlite, "Bff, SQLite"),
        (PostgreSql, "Bff, PostgreSQL"), (Bound, "Bff, SQLite, bound token"),
        (Gateway, "Bff, SQLite, asked by a gateway"),
    ];

    /// <summary>In the order of the table, but for those that are there beside <see cref="Sqlite"/> where a scenario asks for them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(one => one.Name).Where(name => name is not (Bound or Gateway))];

    public static string LabelOf(string name) => All.Single(one => one.Name == name).Label;

    /// <summary>Whether it has tokens to renew, or is what those that have are compared with.</summary>
    public static bool CanRenew(string name) => name is Bare or Sqlite or PostgreSql;

    /// <summary>With the header of its session; null for those that were written into the stores.</summary>
    public string? CookieFile { get; init; }

    /// <summary>What comes before the path of a call, and with which headers.</summary>
    public (string Prefix, IReadOnlyDictionary<string, string> Headers) Asks { get; init; } = ("", new Dictionary<string, string>());

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

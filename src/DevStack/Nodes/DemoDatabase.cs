using System.Diagnostics;
using DevStack.Hosting;
using DevStack.Launcher;

namespace DevStack.Nodes;

/// <summary>What the nodes share: a PostgreSQL server of the demo's own, where one is installed.</summary>
internal static class DemoDatabase
{
    private const int Port = 5433;
    private const string DebiansVersions = "/usr/lib/postgresql";
    private const string User = "bff";
    private const string UntilInputEnds = "read -r _; kill -INT $!; wait";

    public static string ConnectionString { get; } = $"Host=127.0.0.1;Port={Port};Username={User};Database=postgres;Maximum Pool Size=30";

    private static string Folder { get; } = Path.Combine(SourceTree.ContentRoot, "data", "postgres");

    /// <summary>PostgreSQL refuses to run as root; Debian's package brings a user for it.</summary>
    private static bool IsRoot => Environment.UserName == "root";

    private static string? Programs { get; } = Find();

    /// <summary>Why there is none; null when there is.</summary>
    public static string? Problem { get; } = Programs is null
        ? "--nodes needs PostgreSQL, where the nodes keep sessions in common, and it is not installed (on Debian: apt-get install postgresql)."
        : null;

    /// <summary>It stops when its input ends, and so with the launcher, however that ends.</summary>
    public static Member Server { get; } = new(
        "postgres", Colour: 34, $"http://localhost:{Port}", Probe: null, [Port], "/bin/sh",
        ["-c", $"trap '' TERM; {Command("postgres", $"-D {Quoted(Folder)} -p {Port} -k '' -c listen_addresses=127.0.0.1")} </dev/null & {UntilInputEnds}"],
        SourceTree.ContentRoot, IsDotNet: false);

    /// <summary>Makes it, at the first start.</summary>
    public static void Prepare()
    {
        if (File.Exists(Path.Combine(Folder, "PG_VERSION")))
        {
            return;
        }

        Directory.CreateDirectory(Folder);
        Run($"chmod 700 {Quoted(Folder)}");
        if (IsRoot)
        {
            Run($"chown postgres {Quoted(Folder)}");
        }

        Run(Command("initdb", $"-D {Quoted(Folder)} -A trust -U {User} --no-sync --encoding=UTF8 >/dev/null"));
    }

    private static string Command(string program, string arguments) =>
        $"{(IsRoot ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "")}{Quoted(Path.Combine(Programs ?? "", program))} {arguments}";

    private static void Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{command}' ended with exit code {process.ExitCode}.");
        }
    }

    private static string? Find()
    {
        var versions = Directory.Exists(DebiansVersions) ? Directory.GetDirectories(DebiansVersions) : [];
        return versions.OrderByDescending(path => path, StringComparer.Ordinal).Select(path => Path.Combine(path, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));
    }

    private static string Quoted(string path) => $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

using System.Diagnostics;
using Npgsql;

namespace Bff.ClusterTests;

/// <summary>A real PostgreSQL server of our own in a temporary folder, on a free port, gone afterwards.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-postgres-").FullName;
    private const string Versions = "/usr/lib/postgresql";   // Debian's

    private readonly int _port = FreePort.Find();
    private readonly string _libraries;
    private Process? _server;
    private int _databases;

    private PostgreSqlServer(string libraries) => _libraries = libraries;

    /// <param name="libraries">Loaded at its start (<c>shared_preload_libraries</c>).</param>
    public static async Task<PostgreSqlServer> StartAsync(string libraries = "")
    {
        var server = new PostgreSqlServer(libraries);
        if (IsRoot) { await RunAsync("chown", "postgres", server._folder); }
        await RunAsync(Program("initdb"), "-D", server.Data, "-A", "trust", "-U", "bff", "--no-sync", "--encoding=UTF8");
        await server.ResumeAsync();
        return server;
    }

    private string Data => Path.Combine(_folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>A new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"bff{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Starts the server, again after <see cref="StopAsync"/>.</summary>
    public async Task ResumeAsync()
    {
        _server = Start(
            Program("postgres"), "-D", Data, "-p", $"{_port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",
            "-c", "shared_preload_libraries=" + _libraries);
        await Eventually.HappensAsync(AnswersAsync, "PostgreSQL starts");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException) when (!_server!.HasExited)
        {
            return false;
        }
    }

    /// <summary>Stops the server at once, as a crash would.</summary>
    public async Task StopAsync()
    {
        // Immediate shutdown: the postmaster ends its children too, which a plain kill would leave behind.
        await RunAsync(Program("pg_ctl"), "stop", "-D", Data, "-m", "immediate");
        await _server!.WaitForExitAsync();
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Stops all its processes without ending them, as a machine that hangs would; the kernel goes on taking connections.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    private void Signal(string signal)
    {
        var postmaster = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        using var children = Process.Start(new ProcessStartInfo("pgrep", ["-P", postmaster]) { RedirectStandardOutput = true })!;
        string[] all = [postmaster, $"{_server!.Id}", .. children.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        using var kill = Process.Start("kill", ["-" + signal, .. all]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false }) { await StopAsync(); }
        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=bff;Database={database}";

    public static bool IsInstalled => Directory.Exists(Versions)
        || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "postgres")));

    private static string Program(string name) =>
        Directory.Exists(Versions)
            ? Directory.GetDirectories(Versions).OrderByDescending(path => int.Parse(Path.GetFileName(path)))
            .Select(path => Path.Combine(path, "bin", name)).First(File.Exists)
            : name;

    /// <summary>PostgreSQL refuses to run as root; Debian's package brings a user for it.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        var start = IsRoot ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", program, .. arguments]) : new ProcessStartInfo(program, arguments);
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        start.WorkingDirectory = "/";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = program == "chown" ? Process.Start(program, arguments) : Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) { throw new InvalidOperationException($"{program} ended with {process.ExitCode}."); }
    }
}

using System.Runtime.InteropServices;
using System.Text;
using Bff.ClusterTests;
using Bff.ClusterTests.Redis;
using Bff.Commands.Check;
using Bff.Sessions;

namespace Bff.Faults;

internal sealed record BenchOptions
{
    /// <summary>The folder of <c>Bff.dll</c>.</summary>
    public string Build { get; init; } = AppContext.BaseDirectory;

    public bool Quick { get; init; }

    public bool Sqlite { get; init; } = true;

    public bool PostgreSql { get; init; } = true;

    public TimeSpan? Outage { get; init; }

    public int? Sessions { get; init; }

    /// <summary>Calls a second, of each kind (rolling).</summary>
    public int? Rate { get; init; }

    /// <summary>A folder with another build of Bff (rolling): upgraded from it and back.</summary>
    public string? Other { get; init; }
}

/// <summary>One line of the table. Without a target a figure only informs.</summary>
internal sealed record Row(string Scenario, string Setting, string Figure, string Measured, string Target = "", bool? Ok = null);

/// <summary>The results of one scenario in one setting.</summary>
internal sealed class Sheet(Bench bench, string setting)
{
    public void Inform(string figure, string measured) => Add(figure, measured);

    public void Exactly(string figure, long measured, long target) => Add(figure, $"{measured:N0}", $"{target:N0}", measured == target);

    /// <summary>Several figures in one line.</summary>
    public void Exactly(params (string Figure, long Measured, long Target)[] figures) => Add(
        string.Join(" / ", figures.Select(one => one.Figure)),
        string.Join(" / ", figures.Select(one => $"{one.Measured:N0}")),
        string.Join(" / ", figures.Select(one => $"{one.Target:N0}")),
        figures.All(one => one.Measured == one.Target));

    /// <param name="format">With the unit.</param>
    public void AtMost(string figure, double measured, double most, string format) =>
        Add(figure, measured.ToString(format, null), "≤ " + most.ToString(format, null), measured <= most);

    public void Add(string figure, string measured, string target = "", bool? ok = null) =>
        bench.Add(new Row(bench.Scenario, setting, figure, measured, target, ok));
}

/// <param name="Name">As in the table.</param>
/// <param name="Kind"><c>Bff:Sessions:Store</c>.</param>
internal sealed record Store(string Name, string Kind, string ConnectionString);

/// <summary>What the scenarios share: options, results, a folder, a PostgreSQL server when one is needed.</summary>
internal sealed class Bench(BenchOptions options) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-faults-").FullName;
    private readonly List<Row> _rows = [];
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(() => PostgreSqlServer.StartAsync());   // scenarios may ask for it at once
    private readonly List<IAsyncDisposable> _redis = [];
    private int _files;

    /// <summary>A kind of store beside those of <c>Bff:Sessions:Store</c>: three primaries.</summary>
    public const string RedisInCluster = "RedisCluster";

    /// <summary>As docs/operations.md wants it, with Redis' own default of how often it is on the disk.</summary>
    private static readonly string[] RedisSettings = ["--appendonly", "yes", "--appendfsync", "everysec"];

    public BenchOptions Options => options;

    public bool Quick => options.Quick;

    public string Scenario { get; set; } = "";

    public bool Missed => _rows.Any(row => row.Ok == false);

    /// <summary>The chosen kinds of store.</summary>
    public IEnumerable<string> Kinds =>
        new[] { (options.Sqlite, SessionsOptions.Sqlite), (options.PostgreSql, SessionsOptions.PostgreSql) }.Where(kind => kind.Item1)
            .Select(kind => kind.Item2);

    /// <summary>A new, empty store.</summary>
    public async Task<Store> NewStoreAsync(string kind)
    {
        if (kind == SessionsOptions.Sqlite) { return new Store("SQLite", kind, "Data Source=" + Path.Combine(_folder, $"store-{++_files}", "bff.db")); }
        if (kind == SessionsOptions.Redis)
        {
            var server = await RedisServer.StartAsync(RedisSettings);
            _redis.Add(server);
            return new Store("Redis", kind, server.ConnectionString);
        }

        if (kind == RedisInCluster)
        {
            var cluster = await RedisCluster.StartAsync(replicas: 0, RedisSettings);
            _redis.Add(cluster);
            return new Store("Redis Cluster", SessionsOptions.Redis, cluster.ConnectionString);
        }

        return new Store("PostgreSQL", kind, await (await _server.Value).CreateDatabaseAsync());
    }

    /// <summary>The server that all databases are on.</summary>
    public Task<PostgreSqlServer> ServerAsync() => _server.Value;

    public string NewFolder() => Directory.CreateDirectory(Path.Combine(_folder, $"folder-{++_files}")).FullName;

    public string NewLogFile() => Path.Combine(_folder, $"bff-{++_files}.log");

    public Sheet Sheet(string setting) => new(this, setting);

    public void Add(Row row)
    {
        lock (_rows) { _rows.Add(row); }
        Say($"{row.Setting}: {row.Figure}: {row.Measured}{(row.Ok is { } ok ? $" (target {row.Target}: {(ok ? "ok" : "MISSED")})" : "")}");
    }

    public void Say(string line) => Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {Scenario}: {line}");

    public string Table()
    {
        var text = new StringBuilder()
            .AppendLine(
                $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {RuntimeInformation.OSDescription}, {BffProcess.Configuration} "
                + $"build{(Quick ? ", short run" : "")}")
            .AppendLine()
            .AppendLine("| Scenario | Setting | Figure | Measured | Target | |")
            .AppendLine("|---|---|---|---:|---:|---|");
        foreach (var row in _rows)
        {
            text.AppendLine(
                $"| {row.Scenario} | {row.Setting} | {row.Figure} | {row.Measured} | {row.Target} | {(row.Ok is { } ok ? ok ? "ok" : "**MISSED**" : "")} |");
        }
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var redis in _redis) { await redis.DisposeAsync(); }
        if (_server.IsValueCreated) { await (await _server.Value).DisposeAsync(); }
        if (!Missed) { Directory.Delete(_folder, recursive: true); }
        else { Console.Error.WriteLine($"Logs and databases are kept in {_folder}."); }
    }
}

using System.Globalization;
using StackExchange.Redis;

namespace Bff.Benchmarks.Measuring;

/// <summary>Counts the commands of Redis servers where they are carried out, those inside scripts included: <c>INFO commandstats</c>.</summary>
internal sealed class RedisCounter(ConnectionMultiplexer servers) : ServerCounter
{
    private const string Name = "cmdstat_";
    private const int Most = 12;

    /// <summary>What this counter asks itself, and what keeps connections.</summary>
    private static readonly string[] Others = ["info", "client", "config", "ping", "echo", "cluster", "hello", "auth", "select", "command"];

    public static async Task<ServerCounter> StartAsync(string connectionString) =>
        new RedisCounter(await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true"));

    public override string Counted => "commands, inside scripts included,";

    public override async Task<long> CountAsync() => (await CallsAsync()).Values.Sum();

    public override async Task<TimeSpan?> CpuAsync()
    {
        var cpu = await InfoAsync("cpu");
        return TimeSpan.FromSeconds(
            cpu.Where(entry => entry.Key is "used_cpu_sys" or "used_cpu_user").Sum(entry => double.Parse(entry.Value, CultureInfo.InvariantCulture)));
    }

    public override async Task<string> MostAsync() =>
        string.Join("; ", (await CallsAsync()).OrderByDescending(command => command.Value).Take(Most).Select(command => $"{command.Value} {command.Key}"));

    public override async Task ForgetAsync()
    {
        foreach (var server in servers.GetServers()) { await server.ConfigResetStatisticsAsync(); }
    }

    private async Task<Dictionary<string, long>> CallsAsync() => (await InfoAsync("commandstats"))
        .Where(entry => !Others.Contains(entry.Key[Name.Length..].Split('|')[0]))
        .GroupBy(entry => entry.Key[Name.Length..], entry => long.Parse(entry.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture))
        .ToDictionary(command => command.Key, command => command.Sum());

    private async Task<List<KeyValuePair<string, string>>> InfoAsync(string section)
    {
        var all = new List<KeyValuePair<string, string>>();
        foreach (var server in servers.GetServers()) { all.AddRange((await server.InfoAsync(section)).SelectMany(group => group)); }
        return all;
    }

    public override ValueTask DisposeAsync() => servers.DisposeAsync();
}

using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Bff.Hosting;
using Bff.Ops.Health;
using Bff.Ops.Telemetry;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Live;

/// <summary>Which nodes share the store: each says every few seconds that it lives. A SQLite file has one node, so nothing is written there.</summary>
internal sealed partial class Nodes : PeriodicService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>A node that said nothing for this long counts as gone: one beat may be lost, and the next may wait for the store.</summary>
    private static readonly TimeSpan GoneAfter = Interval * 4;

    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(3);

    private readonly PostgreSqlDatabase? _database;
    private readonly Readiness _readiness;
    private readonly TimeProvider _clock;
    private readonly ILogger<Nodes> _logger;
    private readonly DateTimeOffset _startedAt;
    private readonly string? _url;
    private volatile View _view = new([], HeardSince: null);

    /// <param name="Others">The other nodes.</param>
    /// <param name="HeardSince">Since when every beat of this node has gone through; null when the last did not.</param>
    private sealed record View(IReadOnlyList<Node> Others, DateTimeOffset? HeardSince);

    public Nodes(SessionStorage storage, Readiness readiness, IOptions<OpsOptions> options, TimeProvider clock, ILogger<Nodes> logger)
        : base(Interval, clock, logger, runsAtStart: true)
    {
        (_database, _readiness, _clock, _logger, _startedAt) = (storage as PostgreSqlDatabase, readiness, clock, logger, clock.GetUtcNow());
        var address = OpsOptions.Parse(options.Value.Url)!;
        Name = $"{Environment.MachineName}:{(address.Port > 0 ? address.Port : Environment.ProcessId)}";
        _url = string.IsNullOrEmpty(options.Value.NodeUrl) ? UrlOf(address) : options.Value.NodeUrl;
    }

    public string Name { get; }

    /// <summary>The other nodes, as of the last few seconds.</summary>
    public IReadOnlyList<Node> Others => _view.Others;

    /// <summary>
    /// Null while that cannot be said: the store keeps this node from hearing the others, or did so lately, when it may have kept them from beating, too.
    /// </summary>
    public bool? IsAlive(Node node)
    {
        if (_view.HeardSince is not { } heardSince) { return null; }
        var now = _clock.GetUtcNow();
        if (now - node.SeenAt < GoneAfter) { return true; }
        return now - heardSince < GoneAfter ? null : false;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _database is null ? Task.CompletedTask : base.ExecuteAsync(stoppingToken);

    protected override Task RunAsync(CancellationToken cancellationToken) => TryAsync(SayAsync, cancellationToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_database is not null) { await TryAsync(LeaveAsync, cancellationToken); }
    }

    private async Task TryAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StoreTimeout);
        try
        {
            await act(limit.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            _view = _view with { HeardSince = null };
            Unheard(error.GetBaseException().Message);
        }
    }

    private async Task SayAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        await using var connection = await _database!.Server.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO nodes (name, version, url, started_at, seen_at, ready) VALUES (@name, @version, @url, @started_at, @now, @ready)
            ON CONFLICT (name) DO UPDATE SET
                version = excluded.version, url = excluded.url, started_at = excluded.started_at, seen_at = excluded.seen_at, ready = excluded.ready;
            DELETE FROM nodes WHERE seen_at < @forget;
            SELECT name, version, url, started_at, seen_at, ready FROM nodes WHERE name <> @name ORDER BY name
            """;
        (string, object)[] values =
        [
            ("name", Name), ("version", BuildInfo.Read().Version), ("url", (object?)_url ?? DBNull.Value), ("started_at", _startedAt.ToUnixTimeMilliseconds()),
            ("now", now.ToUnixTimeMilliseconds()), ("ready", _readiness.IsReady ? 1L : 0L), ("forget", (now - ForgetAfter).ToUnixTimeMilliseconds()),
        ];
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            if (name == "url") { parameter.DbType = System.Data.DbType.String; }
            command.Parameters.Add(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var others = new List<Node>();
        while (await reader.ReadAsync(cancellationToken))
        {
            others.Add(new(
                reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                Time(reader.GetInt64(3)), Time(reader.GetInt64(4)), reader.GetInt64(5) != 0));
        }

        _view = new(others, _view.HeardSince ?? now);
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>In good order, so nobody takes it for lost.</summary>
    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _database!.Server.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM nodes WHERE name = @name";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("name", Name);
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>By address, which the ops port accepts whatever its names are. Null where it listens on loopback only.</summary>
    private static string? UrlOf(BindingAddress address)
    {
        var isIp = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip);
        var isLoopback = isIp ? IPAddress.IsLoopback(ip!) : string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase);
        if (address.Port == 0 || isLoopback) { return null; }
        var everywhere = address.Host is "*" or "+" || ip?.Equals(IPAddress.Any) == true || ip?.Equals(IPAddress.IPv6Any) == true;
        return (everywhere ? OwnAddress() : address.Host) is { } host ? $"{address.Scheme}://{host}:{address.Port}" : null;
    }

    private static string? OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(own => own.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own))?.ToString();

    [LoggerMessage(LogLevel.Debug, "This node could not announce itself in the store ({Reason}).")]
    private partial void Unheard(string reason);
}

using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Bff.Hosting;
using Bff.Ops.Health;
using Bff.Ops.Telemetry;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Live;

/// <summary>Which nodes share the store: each says every few seconds that it lives.</summary>
internal sealed partial class Nodes : PeriodicService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>A node that said nothing for this long counts as gone: one beat may be lost, and the next may wait for the store.</summary>
    private static readonly TimeSpan GoneAfter = Interval * 4;

    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(3);

    private readonly SessionStorage _storage;
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
        (_storage, _readiness, _clock, _logger, _startedAt) = (storage, readiness, clock, logger, clock.GetUtcNow());
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _storage.IsShared ? base.ExecuteAsync(stoppingToken) : Task.CompletedTask;

    protected override Task RunAsync(CancellationToken cancellationToken) => TryAsync(AnnounceAsync, cancellationToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_storage.IsShared) { await TryAsync(limit => _storage.LeaveAsync(Name, limit), cancellationToken); }
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

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var self = new Node(Name, BuildInfo.Read().Version, _url, _startedAt, now, _readiness.IsReady);
        _view = new(await _storage.AnnounceAsync(self, now - ForgetAfter, cancellationToken), _view.HeardSince ?? now);
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

using System.Net.Sockets;
using Bff.Sessions.Authentication;
using Microsoft.Extensions.Options;

namespace Bff.Forwarding;

/// <summary>
/// Counts the WebSockets and event streams that are open through this node: each holds memory here and at the upstream for as long as its caller likes. What
/// somebody without a session may take leaves room for those who are signed in.
/// </summary>
internal sealed partial class ConnectionLimits(IOptionsMonitor<ForwardingOptions> options, TimeProvider clock, ILogger<ConnectionLimits> logger)
{
    private const int Ipv6Network = 8;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _byCaller = [];
    private int _all;
    private int _strangers;
    private long? _saidAt;

    /// <summary>The request has its place; it has no second one.</summary>
    private sealed class Place;

    /// <returns>Why there is no room; null when there is. The place is given back when the request has completed.</returns>
    public Problem? TakePlace(HttpContext context)
    {
        if (context.Features.Get<Place>() is not null) { return null; }
        var session = context.FindSession()?.Id;
        var caller = session?.Value ?? AddressOf(context);
        if (Refusal(caller, session is null) is { } problem) { return problem; }
        context.Features.Set(new Place());
        context.Response.OnCompleted(() =>
        {
            GiveBack(caller, session is null);
            return Task.CompletedTask;
        });
        return null;
    }

    private Problem? Refusal(string caller, bool stranger)
    {
        var limits = options.CurrentValue;
        var most = stranger ? limits.MaxConnectionsPerAddress : limits.MaxConnectionsPerSession;
        lock (_lock)
        {
            var open = _byCaller.GetValueOrDefault(caller);
            if (open >= most)
            {
                return new Problem(
                    StatusCodes.Status429TooManyRequests, "too_many_connections", "Too many WebSockets and event streams are open.",
                    $"At most {most} for one {(stranger ? "address" : "session")}. Close one first.", RetryAfter);
            }

            if (_all >= limits.MaxConnections || (stranger && _strangers >= Math.Max(1, limits.MaxConnections / 2)))
            {
                SayFull();
                return new Problem(
                    StatusCodes.Status503ServiceUnavailable, "connections_exhausted", "This server has reached its limit of WebSockets and event streams.",
                    "Try again later.", RetryAfter);
            }

            _byCaller[caller] = open + 1;
            _all++;
            if (stranger) { _strangers++; }
            return null;
        }
    }

    private void GiveBack(string caller, bool stranger)
    {
        lock (_lock)
        {
            _all--;
            if (stranger) { _strangers--; }
            if (--_byCaller[caller] == 0) { _byCaller.Remove(caller); }
        }
    }

    /// <summary>Who has one IPv6 address has a network of them.</summary>
    private static string AddressOf(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address) { return ""; }
        if (address.IsIPv4MappedToIPv6) { address = address.MapToIPv4(); }
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, Ipv6Network))
            : address.ToString();
    }

    private void SayFull()
    {
        if (_saidAt is { } said && clock.GetElapsedTime(said) < SayEvery) { return; }
        _saidAt = clock.GetTimestamp();
        Full(_all, _strangers);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "A WebSocket or event stream was refused: {Open} are open, {Strangers} of them without a session. See Bff:Forwarding:MaxConnections.")]
    private partial void Full(int open, int strangers);
}

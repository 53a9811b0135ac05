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
    private readonly Dictionary<string, int> _byRoute = [];
    private readonly Dictionary<(string Route, string Caller), int> _byBoth = [];
    private int _all;
    private int _strangers;
    private long? _saidAt;

    private static readonly Problem Exhausted = new(
        StatusCodes.Status503ServiceUnavailable, "connections_exhausted", "This server has reached its limit of WebSockets and event streams.",
        "Try again later.", RetryAfter);

    /// <summary>The request has its place; it has no second one.</summary>
    private sealed class Place;

    /// <param name="Caller">A session, or an address.</param>
    /// <param name="IsStranger">It is an address.</param>
    /// <param name="Route">The route's name.</param>
    private sealed record Taken(string Caller, bool IsStranger, string Route);

    /// <returns>Why there is no room; null when there is. The place is given back when the request has completed.</returns>
    public Problem? TakePlace(HttpContext context)
    {
        if (context.Features.Get<Place>() is not null) { return null; }
        var session = context.FindSession()?.Id;
        var taken = new Taken(session?.Value ?? AddressOf(context), session is null, CallMetrics.RouteOf(context) ?? "");
        if (Refusal(taken, StreamPolicy.Of(context)) is { } problem) { return problem; }
        context.Features.Set(new Place());
        context.Response.OnCompleted(() =>
        {
            GiveBack(taken);
            return Task.CompletedTask;
        });
        return null;
    }

    private Problem? Refusal(Taken taken, StreamPolicy route)
    {
        var limits = options.CurrentValue;
        var most = taken.IsStranger ? limits.MaxConnectionsPerAddress : limits.MaxConnectionsPerSession;
        lock (_lock)
        {
            if (_byCaller.GetValueOrDefault(taken.Caller) >= most) { return TooMany(most, taken, ""); }
            if (route.MaxPerSession is { } mostHere && _byBoth.GetValueOrDefault((taken.Route, taken.Caller)) >= mostHere)
            {
                return TooMany(mostHere, taken, " here");
            }

            if (_all >= limits.MaxConnections || (taken.IsStranger && _strangers >= Math.Max(1, limits.MaxConnections / 2)))
            {
                SayFull();
                return Exhausted;
            }

            if (_byRoute.GetValueOrDefault(taken.Route) >= route.MaxConnections)
            {
                SayFull(taken.Route);
                return Exhausted;
            }

            Count(taken, 1);
            return null;
        }
    }

    private static Problem TooMany(int most, Taken taken, string where) => new(
        StatusCodes.Status429TooManyRequests, "too_many_connections", "Too many WebSockets and event streams are open.",
        $"At most {most}{where} for one {(taken.IsStranger ? "address" : "session")}. Close one first.", RetryAfter);

    private void GiveBack(Taken taken)
    {
        lock (_lock) { Count(taken, -1); }
    }

    private void Count(Taken taken, int one)
    {
        _all += one;
        if (taken.IsStranger) { _strangers += one; }
        Count(_byCaller, taken.Caller, one);
        Count(_byRoute, taken.Route, one);
        Count(_byBoth, (taken.Route, taken.Caller), one);
    }

    private static void Count<T>(Dictionary<T, int> counts, T of, int one)
        where T : notnull
    {
        if ((counts[of] = counts.GetValueOrDefault(of) + one) == 0) { counts.Remove(of); }
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

    private void SayFull(string? route = null)
    {
        if (_saidAt is { } said && clock.GetElapsedTime(said) < SayEvery) { return; }
        _saidAt = clock.GetTimestamp();
        if (route is null) { Full(_all, _strangers); }
        else { RouteFull(route, _byRoute[route]); }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "A WebSocket or event stream was refused: {Open} are open, {Strangers} of them without a session. See Bff:Forwarding:MaxConnections.")]
    private partial void Full(int open, int strangers);

    [LoggerMessage(LogLevel.Warning, "A WebSocket or event stream was refused: {Open} of route {Route} are open. See its Bff.MaxConnections.")]
    private partial void RouteFull(string route, int open);
}

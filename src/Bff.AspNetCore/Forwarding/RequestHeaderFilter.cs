using System.Collections.Concurrent;
using System.Collections.Frozen;
using Bff.Forwarding.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Bff.Forwarding;

/// <summary>Takes off a request what a browser may not say to an upstream, and leaves a trace of it for developers.</summary>
internal sealed partial class RequestHeaderFilter : IDisposable
{
    /// <summary>Names come from callers: no more of them are told apart.</summary>
    private const int MaxReported = 100;

    private const int MaxNameLength = 64;

    private readonly ConcurrentDictionary<string, bool> _reported = new(StringComparer.OrdinalIgnoreCase);
    private readonly IdentityNames _identity;
    private readonly ILogger<RequestHeaderFilter> _logger;
    private readonly bool _reports;
    private readonly IDisposable? _changes;
    private volatile FrozenSet<string> _allowed;

    public RequestHeaderFilter(
        IOptionsMonitor<ForwardingOptions> options, IdentityNames identity, IHostEnvironment environment, ILogger<RequestHeaderFilter> logger)
    {
        (_identity, _logger, _reports) = (identity, logger, environment.IsDevelopment());
        _allowed = AllowedBy(options.CurrentValue);
        _changes = options.OnChange(changed => _allowed = AllowedBy(changed));
    }

    /// <param name="source">The browser's request.</param>
    /// <param name="target">The request that goes upstream, with all its headers so far.</param>
    /// <param name="routeList">The route's own list of headers that pass; null for all that are not forbidden.</param>
    public void Apply(HttpRequest source, HttpRequestMessage target, FrozenSet<string>? routeList)
    {
        RemoveHopByHop(source, target);
        List<string>? dropped = null;
        foreach (var (name, _) in target.Headers.NonValidated)
        {
            if (!Passes(name, routeList)) { (dropped ??= []).Add(name); }
        }

        foreach (var name in dropped ?? [])
        {
            target.Headers.Remove(name);
            Report(name);
        }
    }

    private bool Passes(string name, FrozenSet<string>? routeList)
    {
        if (_identity.Has(name)) { return false; }
        if (routeList is not null) { return UpstreamHeaders.IsOrdinary(name) || routeList.Contains(name); }
        return !UpstreamHeaders.IsForbidden(name) || _allowed.Contains(name);
    }

    /// <summary>
    /// What is said about this connection is not for the next one (RFC 9110 section 7.6.1). YARP takes the usual ones; the trailers themselves it does not
    /// send.
    /// </summary>
    private static void RemoveHopByHop(HttpRequest source, HttpRequestMessage target)
    {
        target.Headers.Remove(HeaderNames.Trailer);
        if (source.Headers.Connection.Count == 0) { return; }
        foreach (var name in NamedBy(source.Headers.Connection))
        {
            if (!target.Headers.Remove(name)) { target.Content?.Headers.Remove(name); }
        }
    }

    /// <summary>Headers that a <c>Connection</c> header names. Those which frame the message, or are none, are no business of it.</summary>
    public static IEnumerable<string> NamedBy(StringValues connection) => connection
        .SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .Where(name => HeaderNameList.Objection(name) is null && !name.Equals("close", StringComparison.OrdinalIgnoreCase));

    private void Report(string name)
    {
        Dropped(Cut(name));
        if (_reports && _reported.Count < MaxReported && _reported.TryAdd(Cut(name), true)) { DroppedFirst(Cut(name)); }
    }

    private static string Cut(string name) => name.Length > MaxNameLength ? name[..MaxNameLength] + "…" : name;

    private static FrozenSet<string> AllowedBy(ForwardingOptions options) => options.AllowedRequestHeaders.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public void Dispose() => _changes?.Dispose();

    [LoggerMessage(LogLevel.Debug, "A request's header {Header} did not go upstream.")]
    private partial void Dropped(string header);

    [LoggerMessage(LogLevel.Warning,
        "A request's header {Header} did not go upstream: APIs behind a proxy take it for identity or origin, or the route's Bff.RequestHeaders does not "
        + "name it. " +
        "To let it through see Bff:Forwarding:AllowedRequestHeaders. Said once for each name, in Development only.")]
    private partial void DroppedFirst(string header);
}

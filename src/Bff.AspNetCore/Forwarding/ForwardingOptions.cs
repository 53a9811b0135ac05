using System.ComponentModel.DataAnnotations;

namespace Bff.Forwarding;

/// <summary>What goes upstream and how long it may stay open (<c>Bff:Forwarding</c>).</summary>
internal sealed class ForwardingOptions : IValidatableObject
{
    /// <summary>More than a node has room for; a number beyond is a mistake.</summary>
    public const int CeilingOfConnections = 1_000_000, CeilingPerCaller = 100_000;

    /// <summary>
    /// Request headers of browsers that go upstream although they are on the list of headers upstreams take for identity or origin, such as
    /// <c>X-Tenant-Id</c>. Name only what no upstream trusts. Never credentials, <c>Cookie</c>, <c>Forwarded</c>, <c>X-Forwarded-*</c> or what describes the
    /// connection. Default: none.
    /// </summary>
    public string[] AllowedRequestHeaders { get; set; } = [];

    /// <summary>How many WebSockets and event streams one node has open at once; calls without a session may take half of them. Default: 5000.</summary>
    [Range(1, CeilingOfConnections, ErrorMessage = "must be between 1 and 1000000.")]
    public int MaxConnections { get; set; } = 5000;

    /// <summary>How many WebSockets and event streams one session has open through one node. Default: 100.</summary>
    [Range(1, CeilingPerCaller, ErrorMessage = "must be between 1 and 100000.")]
    public int MaxConnectionsPerSession { get; set; } = 100;

    /// <summary>
    /// How many WebSockets and event streams without a session one client address (an IPv6 /64) has open through one node. Behind a proxy that is not
    /// among <c>Bff:TrustedProxies</c> all callers share its address. Default: 100.
    /// </summary>
    [Range(1, CeilingPerCaller, ErrorMessage = "must be between 1 and 100000.")]
    public int MaxConnectionsPerAddress { get; set; } = 100;

    /// <summary>
    /// How long a WebSocket, or an event stream asked for with <c>Accept: text/event-stream</c>, may be quiet before it ends. A cluster's own
    /// <c>HttpRequest:ActivityTimeout</c> wins, and a route's own <c>Bff.StreamActivityTimeout</c> before both. Default: 1 hour; 1 second to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan StreamActivityTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether an open WebSocket counts as use of its session, so that the session does not end by <c>IdleTimeout</c>. A route's own <c>Bff.CountsAsUse</c>
    /// wins. Default: false, since the session of a forgotten tab would never end.
    /// </summary>
    public bool WebSocketsKeepAlive { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedRequestHeaders.Index().Select(entry => (entry.Index, Problem: HeaderNameList.Objection(entry.Item))).Where(entry => entry.Problem is not null)
            .Select(entry => new ValidationResult(entry.Problem, [$"{nameof(AllowedRequestHeaders)}:{entry.Index}"]));
}

using Bff.Benchmarks.Roles;

namespace Bff.Benchmarks.Measuring;

/// <summary>What is called, and how.</summary>
internal sealed record Scenario(string Name, string Title)
{
    public string Method { get; init; } = "GET";

    /// <summary>The first word of the path: <c>api</c> has a policy and a token, <c>token</c> a token only, <c>policy</c> a policy only, <c>open</c> neither.</summary>
    public string Route { get; init; } = "api";

    public string Payload { get; init; } = Payloads.Json;

    public int BodyBytes { get; init; }

    public int Sessions { get; init; } = 1;

    public bool Http2 { get; init; }

    /// <summary>Tokens of 10 s for 10,000 sessions, renewed all the time. Contenders then run one after the other, each alone.</summary>
    public bool Renewing { get; init; }

    /// <summary>Bff's calls with a token that is bound to a key (RFC 9449) are measured beside those with a bearer token, in the same process.</summary>
    public bool Bound { get; init; }

    /// <summary>What a gateway asks about the call is measured beside the call itself, in the same process.</summary>
    public bool Asked { get; init; }

    /// <summary>Calls a second; 0 for as many as the connections can.</summary>
    public int Rate { get; init; }

    public string Path => $"/{Route}/{Payload}";

    /// <summary>All differ from the first by what they say.</summary>
    public static readonly IReadOnlyList<Scenario> All =
    [
        new("json", "GET, 117 bytes of JSON back, a route with policy and token, one session, HTTP/1.1"),
        new("empty", "no body") { Payload = Payloads.Empty },
        new("1kb", "1 KB of JSON") { Payload = Payloads.Kilobyte },
        new("100kb", "100 KB of JSON") { Payload = Payloads.HundredKilobytes },
        new("post", "POST of 1 KB") { Method = "POST", BodyBytes = 1024 },
        new("open", "a route with neither policy nor token") { Route = "open" },
        new("token", "a route with a token only") { Route = "token" },
        new("policy", "a route with a policy only") { Route = "policy" },
        new("sessions", "10,000 sessions in turn") { Sessions = 10_000 },
        new("h2", "HTTP/2 in front, 8 calls at once on a connection") { Http2 = true },
        new("rate", "1,000 calls a second, for latencies of a machine with time to spare") { Rate = 1_000 },
        new("dpop", "a token that is bound to a key, beside a bearer token") { Bound = true },
        new("gateway", "what a gateway asks about the call, beside the call") { Asked = true },
        new("renewals", "10,000 sessions in turn, whose tokens last 10 s") { Sessions = 10_000, Renewing = true },
    ];

    /// <summary>Of <c>--quick</c>.</summary>
    public static Scenario First => All[0];
}

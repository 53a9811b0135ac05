using Bff.Benchmarks.Roles;

namespace Bff.Benchmarks.Measuring;

/// <summary>What is called, and how.</summary>
internal sealed record Scenario(string Name, string Title)
{
    public string Method { get; init; } = "GET";

    /// <summary>The first word of the path: <c>api</c> has a policy and a token, <c>token</c> a token only, <c>open</c> neither.</summary>
    public string Route { get; init; } = "api";

    public string Payload { get; init; } = Payloads.Json;

    public int BodyBytes { get; init; }

    public int Sessions { get; init; } = 1;

    public bool Http2 { get; init; }

    /// <summary>Tokens of 10 s for all sessions, renewed all the time.</summary>
    public bool Renewing { get; init; }

    /// <summary>Calls a second; 0 for as many as the connections can.</summary>
    public int Rate { get; init; }

    public string Path => $"/{Route}/{Payload}";

    public static readonly IReadOnlyList<Scenario> All =
    [
        new("json", "GET, 117 bytes of JSON, a route with policy and token, one session, HTTP/1.1"),
        new("empty", "no body at all") { Payload = Payloads.Empty },
        new("1kb", "1 KB of JSON") { Payload = Payloads.Kilobyte },
        new("100kb", "100 KB") { Payload = Payloads.HundredKilobytes },
        new("post", "POST of 1 KB, 117 bytes back") { Method = "POST", BodyBytes = 1024 },
        new("open", "a route without policy and token") { Route = "open" },
        new("token", "a route with a token and no policy") { Route = "token" },
        new("sessions", "10,000 sessions in turn") { Sessions = 10_000 },
    ];
}

namespace Bff.Benchmarks.Load;

/// <summary>What the load generator is to do next.</summary>
internal sealed record LoadOrder
{
    public required int Port { get; init; }

    /// <summary>Whose CPU time and allocations are measured.</summary>
    public required int ProcessId { get; init; }

    public bool Http2 { get; init; }

    public int Connections { get; init; } = 32;

    public string Method { get; init; } = "GET";

    public required string Path { get; init; }

    /// <summary>With a cookie header a line, used in turn; null for none.</summary>
    public string? CookieFile { get; init; }

    /// <summary>How many of those.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>More headers of each request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the request.</summary>
    public int BodyBytes { get; init; }

    /// <summary>Calls a second; 0 for as many as the connections can.</summary>
    public int Rate { get; init; }

    /// <summary>Load that is not counted, before what is.</summary>
    public double RampSeconds { get; init; } = 1;

    public double Seconds { get; init; } = 4;
}

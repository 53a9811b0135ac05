using System.Diagnostics;

namespace Bff.Benchmarks.Load;

/// <summary>What all connections share: whether calls count just now, and which request is next.</summary>
internal sealed class Phase
{
    private volatile bool _counts, _over;

    public bool Counts => _counts;

    public bool Over => _over;

    public void Begin() => _counts = true;

    public void End() => (_counts, _over) = (false, true);
}

/// <summary>The calls of one connection.</summary>
internal sealed class Tally(Phase phase)
{
    public Latencies Latencies { get; } = new();

    public long Failed { get; private set; }

    public string? Failure { get; private set; }

    public void Succeeded(long startedAt)
    {
        if (phase.Counts) { Latencies.Add(Stopwatch.GetTimestamp() - startedAt); }
    }

    /// <summary>Counted whenever it happens: a failure while the load grows is none the less one.</summary>
    public void Fail(string how)
    {
        Failed++;
        Failure ??= how;
    }
}

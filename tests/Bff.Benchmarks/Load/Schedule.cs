using System.Diagnostics;

namespace Bff.Benchmarks.Load;

/// <summary>
/// When a connection calls next: at once, or, at a fixed rate, when its turn comes. A call that is late because the one before took long counts from when it
/// was due, so that a pause of the server is seen by all calls it held up.
/// </summary>
internal sealed class Schedule
{
    private readonly long _interval;
    private long _due;

    public Schedule(int rate, int connections, int connection)
    {
        if (rate == 0) { return; }
        _interval = Stopwatch.Frequency * connections / rate;
        _due = Stopwatch.GetTimestamp() + (_interval * connection / connections);
    }

    /// <returns>From when the call is timed.</returns>
    public async ValueTask<long> NextAsync()
    {
        var now = Stopwatch.GetTimestamp();
        if (_interval == 0) { return now; }
        var due = _due;
        _due += _interval;
        if (now >= due) { return due; }
        await Task.Delay(Stopwatch.GetElapsedTime(now, due), TimeProvider.System);
        return Stopwatch.GetTimestamp();   // that the timer was late is not the server's doing
    }
}

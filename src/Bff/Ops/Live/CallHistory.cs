using System.Collections.Concurrent;
using Bff.Forwarding;

namespace Bff.Ops.Live;

/// <summary>The calls of the last five minutes on this node by route, in steps of ten seconds. Fed by finished calls.</summary>
internal sealed class CallHistory : IDisposable
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int Steps = 30;

    /// <summary>Upper ends, in seconds; the last one has none.</summary>
    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly ConcurrentDictionary<string, Ring> _routes = new();
    private readonly CallMetrics _calls;
    private readonly TimeProvider _clock;
    private readonly long _start;

    public CallHistory(CallMetrics calls, TimeProvider clock)
    {
        (_calls, _clock, _start) = (calls, clock, clock.GetTimestamp());
        _calls.CallFinished += Note;
    }

    public RouteCalls Of(string route) => _routes.TryGetValue(route, out var ring) ? ring.Sum(Step) : new(0, 0, 0, null, null);

    private long Step => (long)(_clock.GetElapsedTime(_start) / (Window / Steps));

    private void Note(FinishedCall call) => _routes.GetOrAdd(call.Route, _ => new Ring()).Add(Step, call.Status, call.Took.TotalSeconds);

    public void Dispose() => _calls.CallFinished -= Note;

    private sealed class Ring
    {
        private readonly Lock _lock = new();
        private readonly Cell[] _cells = [.. Enumerable.Range(0, Steps).Select(_ => new Cell())];

        private sealed class Cell
        {
            public long Step { get; set; } = -1;

            public int Calls { get; set; }

            public int ClientErrors { get; set; }

            public int ServerErrors { get; set; }

            public int[] Took { get; } = new int[Buckets.Length + 1];
        }

        public void Add(long step, int status, double seconds)
        {
            lock (_lock)
            {
                var cell = _cells[step % Steps];
                if (cell.Step != step)
                {
                    (cell.Step, cell.Calls, cell.ClientErrors, cell.ServerErrors) = (step, 0, 0, 0);
                    Array.Clear(cell.Took);
                }

                cell.Calls++;
                if (status is >= 400 and < 500) { cell.ClientErrors++; }
                else if (status is >= 500 and < 600) { cell.ServerErrors++; }
                if (status is not (>= 100 and < 200)) { cell.Took[BucketOf(seconds)]++; }
            }
        }

        public RouteCalls Sum(long step)
        {
            lock (_lock)
            {
                var cells = _cells.Where(cell => cell.Step > step - Steps && cell.Step >= 0).ToList();
                var took = new int[Buckets.Length + 1];
                foreach (var cell in cells)
                {
                    for (var bucket = 0; bucket < took.Length; bucket++) { took[bucket] += cell.Took[bucket]; }
                }

                return new(
                    cells.Sum(cell => cell.Calls), cells.Sum(cell => cell.ClientErrors), cells.Sum(cell => cell.ServerErrors),
                    Quantile(took, 0.5), Quantile(took, 0.95));
            }
        }

        private static int BucketOf(double seconds)
        {
            var bucket = 0;
            while (bucket < Buckets.Length && seconds > Buckets[bucket]) { bucket++; }
            return bucket;
        }

        /// <summary>Between the ends of its bucket, as Prometheus reckons it.</summary>
        private static double? Quantile(int[] took, double share)
        {
            var rank = share * took.Sum();
            if (rank == 0) { return null; }
            var below = 0;
            for (var bucket = 0; bucket < Buckets.Length; bucket++)
            {
                if (below + took[bucket] >= rank)
                {
                    var from = bucket == 0 ? 0 : Buckets[bucket - 1];
                    return from + ((Buckets[bucket] - from) * (rank - below) / took[bucket]);
                }

                below += took[bucket];
            }

            return Buckets[^1];
        }
    }
}

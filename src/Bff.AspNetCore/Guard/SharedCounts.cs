using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Bff.Hosting;

namespace Bff.Guard;

/// <summary>
/// What an address has asked for in this minute of all nodes together. Each node adds once a second what came to it, and hears what came to all: one operation
/// of the store, none while nobody asks for anything. Where no store is shared, or it is away, a node's own limits are all there is.
/// </summary>
internal sealed class SharedCounts(TimeProvider clock, ILogger<SharedCounts> logger) : PeriodicService(Interval, clock, logger)
{
    /// <summary>Of the most busy addresses; the others come with one of the next exchanges.</summary>
    public const int MaxAtOnce = 200;

    /// <summary>Whoever comes after these in a minute is counted by this node alone.</summary>
    private const int MaxAddresses = 16_384;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Count> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _windowEnd;

    private sealed class Count
    {
        /// <summary>That came to this node.</summary>
        public int Own { get; set; }

        /// <summary>Of them, those that the others have still to be told of.</summary>
        public int Pending { get; set; }

        /// <summary>That came to others, as of the last exchange.</summary>
        public long Others { get; set; }
    }

    /// <summary>
    /// Adds counts by name and returns the sums of all nodes in the minute that ends then; a name may be missing. Null where there is nobody to share with.
    /// </summary>
    public Func<IReadOnlyDictionary<string, int>, DateTimeOffset, CancellationToken, Task<IReadOnlyDictionary<string, long>>>? Exchange { get; set; }

    /// <summary>Counts a request, unless all nodes together have had as many as they may.</summary>
    /// <returns>How long until the minute is over, when they have; null when the request may go on.</returns>
    public TimeSpan? TryCount(string kind, IPAddress client, int limit)
    {
        if (Exchange is null) { return null; }
        lock (_lock)
        {
            var now = Clock.GetUtcNow();
            if (now >= _windowEnd || _windowEnd - now > Window) { Begin(now); }
            var name = NameOf(kind, client);
            if (!_counts.TryGetValue(name, out var count))
            {
                if (_counts.Count >= MaxAddresses) { return null; }
                _counts[name] = count = new();
            }

            if (count.Own + count.Others >= limit) { return _windowEnd - now; }
            count.Own++;
            count.Pending++;
            return null;
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ExchangeAsync(cancellationToken);

    public async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        var (counts, windowEnd) = TakePending();
        if (counts.Count == 0 || Exchange is not { } exchange) { return; }
        IReadOnlyDictionary<string, long>? sums = null;
        try
        {
            sums = await exchange(counts, windowEnd, cancellationToken);
        }
        finally
        {
            Take(sums, counts, windowEnd);
        }
    }

    private (Dictionary<string, int> Counts, DateTimeOffset WindowEnd) TakePending()
    {
        lock (_lock)
        {
            var now = Clock.GetUtcNow();
            if (now >= _windowEnd) { _counts.Clear(); }   // of a minute that is over nobody needs to know
            var taken = _counts.Where(entry => entry.Value.Pending > 0).OrderByDescending(entry => entry.Value.Pending).Take(MaxAtOnce)
                .ToDictionary(entry => entry.Key, entry => entry.Value.Pending);
            foreach (var name in taken.Keys) { _counts[name].Pending = 0; }
            return (taken, _windowEnd);
        }
    }

    /// <param name="sums">Null when the others could not be told: they are with the next exchange.</param>
    /// <param name="told">What was to be told.</param>
    /// <param name="windowEnd">Of which minute.</param>
    private void Take(IReadOnlyDictionary<string, long>? sums, Dictionary<string, int> told, DateTimeOffset windowEnd)
    {
        lock (_lock)
        {
            if (windowEnd != _windowEnd) { return; }
            foreach (var (name, pending) in told)
            {
                if (!_counts.TryGetValue(name, out var count)) { continue; }
                if (sums is null) { count.Pending += pending; }
                else if (sums.TryGetValue(name, out var sum)) { count.Others = Math.Max(0, sum - (count.Own - count.Pending)); }
            }
        }
    }

    private void Begin(DateTimeOffset now)
    {
        _counts.Clear();
        _windowEnd = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % Window.Ticks), TimeSpan.Zero) + Window;
    }

    /// <summary>No address is stored; and the same one has another name in each minute.</summary>
    private string NameOf(string kind, IPAddress client)
    {
        var network = Convert.ToHexString(ClientAddress.NetworkOf(client));
        var text = string.Create(CultureInfo.InvariantCulture, $"{_windowEnd.UtcTicks} {network}");
        return $"{kind}:{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(text)))[..24]}";
    }
}

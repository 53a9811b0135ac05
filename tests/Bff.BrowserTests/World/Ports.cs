using System.Collections.Concurrent;

namespace Bff.BrowserTests.World;

/// <summary>Ten ports in a row that no other test of this run has, nor a developer's demo: tests run side by side.</summary>
internal static class Ports
{
    private const int First = 15_000, Each = 10;

    private static readonly ConcurrentDictionary<string, int> Rows = new();

    private static int _rows;

    /// <remarks>Callbacks of a browser belong to no test: take the address before.</remarks>
    /// <param name="place">0 to 9: which of this test's ports.</param>
    public static int Of(int place) => First + (Rows.GetOrAdd(TestContext.Current.Test!.UniqueID, _ => Interlocked.Increment(ref _rows)) * Each) + place;
}

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
    public static int Of(int place) => First + (Row * Each) + place;

    /// <summary>Which row this test has; a new one unless it has asked before, or taken one over.</summary>
    public static int Row => Rows.GetOrAdd(Test, _ => Interlocked.Increment(ref _rows));

    /// <summary>Whether this test has named a port before.</summary>
    public static bool AreNamed => Rows.ContainsKey(Test);

    /// <summary>Takes over the row of a test that has ended.</summary>
    public static void TakeOver(int row) => Rows[Test] = row;

    private static string Test => TestContext.Current.Test!.UniqueID;
}

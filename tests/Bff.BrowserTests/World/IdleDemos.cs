namespace Bff.BrowserTests.World;

/// <summary>
/// Demos that nobody uses now. To start one costs more than most tests, so the next test that wants the same has it: without sessions, consents and diary, and
/// with the same four processes, unless the last test has killed or frozen one.
/// </summary>
public sealed class IdleDemos : IAsyncLifetime
{
    /// <summary>Each is four processes.</summary>
    private const int Most = 4;

    private static readonly Lock Lock = new();
    private static readonly List<Demo> Idle = [];

    internal static Demo? Take(string wish)
    {
        lock (Lock)
        {
            var demo = Idle.Find(idle => idle.Wish == wish);
            if (demo is not null) { Idle.Remove(demo); }
            return demo;
        }
    }

    /// <returns>The one that has waited longest, when there are too many.</returns>
    internal static Demo? Put(Demo demo)
    {
        lock (Lock)
        {
            Idle.Add(demo);
            if (Idle.Count <= Most) { return null; }
            var oldest = Idle[0];
            Idle.RemoveAt(0);
            return oldest;
        }
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var demo in Idle) { await demo.EndAsync(); }
        await SharedPage.EndAsync();
    }
}

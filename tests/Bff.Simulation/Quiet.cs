namespace Bff.Simulation;

/// <summary>Waits until all that can run now has run. Nothing else of this process may use the thread pool.</summary>
internal static class Quiet
{
    private static readonly int Workers = MaxWorkers();

    public static void Await()
    {
        for (var spin = new SpinWait(); !IsQuiet();)
        {
            if (spin.NextSpinWillYield) { Thread.Yield(); }
            else { spin.SpinOnce(sleep1Threshold: -1); }
        }
    }

    /// <summary>
    /// In this order: while no worker is at work nobody but this thread can give the pool more, and what was given to it before is still waiting, or done.
    /// </summary>
    private static bool IsQuiet()
    {
        ThreadPool.GetAvailableThreads(out var available, out _);
        return available == Workers && ThreadPool.PendingWorkItemCount == 0;
    }

    private static int MaxWorkers()
    {
        ThreadPool.GetMaxThreads(out var workers, out _);
        return workers;
    }
}

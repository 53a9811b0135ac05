namespace DevStack.Launcher;

/// <summary>Starts the whole demo world, and ends with it.</summary>
internal static class LauncherProgram
{
    private const int Failed = 1;

    public static async Task<int> RunAsync(LauncherSwitches switches, TimeProvider clock)
    {
        var screen = new Screen();
        var members = DemoWorld.Members(switches);
        var problems = Preflight.Problems(members).ToList();
        problems.ForEach(screen.Complain);
        if (problems.Count > 0)
        {
            return Failed;
        }

        if (switches.Two)
        {
            TwoConfig.Write();
        }

        using var stop = new CancellationTokenSource();
        var signals = UnixSignals.OnStop(stop.Cancel);
        var children = members.Select(member => ChildProcess.Start(member, screen, clock)).ToList();
        try
        {
            return await WatchAsync(children, screen, switches, clock, stop);
        }
        finally
        {
            screen.Say("stopping");
            await Task.WhenAll(children.Select(child => child.StopAsync()));
            children.ForEach(child => child.Dispose());
            foreach (var signal in signals)
            {
                signal.Dispose();
            }
        }
    }

    private static async Task<int> WatchAsync(
        List<ChildProcess> children, Screen screen, LauncherSwitches switches, TimeProvider clock, CancellationTokenSource stop)
    {
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, clock, stop.Token);
        var death = Task.WhenAny(children.Select(child => child.Exit));
        var ready = new Readiness(screen, clock).WaitAsync([.. children.Select(child => child.Member)], stop.Token);

        if (await Task.WhenAny(stopped, death, ready) == ready && ready.IsCompletedSuccessfully)
        {
            var silent = await ready;
            if (silent.Count > 0)
            {
                screen.Complain(
                    $"No answer within {Readiness.Limit.TotalSeconds:0} s from: {string.Join(", ", silent.Select(m => $"{m.Name} ({m.ProbeUrl})"))}");
                return Failed;
            }

            Screen.Plain(Banner.Text(switches));
            await Task.WhenAny(stopped, death);
        }

        if (stop.IsCancellationRequested || children.Find(child => child.Exit.IsCompleted) is not { } dead)
        {
            return 0;
        }

        screen.Complain($"{dead.Member.Name} ended with exit code {dead.ExitCode}.");
        await stop.CancelAsync();
        return Failed;
    }
}

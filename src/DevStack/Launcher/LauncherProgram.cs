using DevStack.Nodes;

namespace DevStack.Launcher;

/// <summary>Starts the whole demo world, and ends with it.</summary>
internal static class LauncherProgram
{
    private const int Failed = 1;

    public static async Task<int> RunAsync(LauncherSwitches switches, TimeProvider clock)
    {
        var screen = new Screen();
        var members = DemoWorld.Members(switches);
        var nodes = DemoNodes.Of(switches, DemoWorld.Bff(switches), screen, clock);
        var problems = Preflight.Problems([.. members, .. nodes.All.Select(node => node.Member)], switches.Nodes > 0 ? BalancerProgram.Ports : []).ToList();
        if (switches.Nodes > 0 && DemoDatabase.Problem is { } missing)
        {
            problems.Insert(0, missing);
        }

        problems.ForEach(screen.Complain);
        if (problems.Count > 0)
        {
            return Failed;
        }

        if (switches.Two)
        {
            TwoConfig.Write();
        }

        if (switches.Nodes > 0)
        {
            DemoDatabase.Prepare();
        }

        using var stop = new CancellationTokenSource();
        var signals = UnixSignals.OnStop(stop.Cancel);
        await using var balancer = switches.Nodes > 0 ? BalancerProgram.Build(nodes) : null;
        var children = members.Select(member => ChildProcess.Start(member, screen, clock)).ToList();
        try
        {
            foreach (var node in nodes.All)
            {
                node.Start();
            }

            if (balancer is not null)
            {
                await balancer.StartAsync();
            }

            return await WatchAsync(children, nodes, screen, switches, clock, stop);
        }
        finally
        {
            screen.Say("stopping");
            await Task.WhenAll(nodes.All.Select(node => node.StopAsync()));
            await Task.WhenAll(children.Select(child => child.StopAsync()));
            children.ForEach(child => child.Dispose());
            foreach (var signal in signals)
            {
                signal.Dispose();
            }
        }
    }

    private static async Task<int> WatchAsync(
        List<ChildProcess> children, DemoNodes nodes, Screen screen, LauncherSwitches switches, TimeProvider clock, CancellationTokenSource stop)
    {
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, clock, stop.Token);
        var death = Task.WhenAny(children.Select(child => child.Exit));
        var ready = new Readiness(screen, clock).WaitAsync(
            [.. children.Select(child => child.Member).Where(member => member.Probe is not null), .. nodes.All.Select(node => node.Member)], stop.Token);

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

using DevStack.Launcher;

namespace DevStack.Nodes;

/// <summary>The nodes of <c>--nodes</c>, each asked every second whether it is ready.</summary>
internal sealed class DemoNodes(IReadOnlyList<DemoNode> nodes, TimeProvider clock) : BackgroundService
{
    private const int FirstPort = 3011, FirstOpsPort = 3021;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int _turn;

    public IReadOnlyList<DemoNode> All => nodes;

    /// <summary>As many Bffs as were asked for, on one database.</summary>
    public static DemoNodes Of(LauncherSwitches switches, Member bff, Screen screen, TimeProvider clock) =>
        new([.. Enumerable.Range(0, switches.Nodes).Select(number => NodeOf(bff, number, screen, clock))], clock);

    /// <summary>The ready one whose turn it is, and that was not tried for this call; null when there is none.</summary>
    public DemoNode? Next(IReadOnlyCollection<DemoNode> tried)
    {
        var first = (uint)Interlocked.Increment(ref _turn);
        return Enumerable.Range(0, nodes.Count).Select(step => nodes[(int)((first + step) % nodes.Count)])
            .FirstOrDefault(node => node.IsReady && !tried.Contains(node));
    }

    /// <summary>The ready one that comes first and was not tried, so that a page of one node's figures stays with it.</summary>
    public DemoNode? First(IReadOnlyCollection<DemoNode> tried) => nodes.FirstOrDefault(node => node.IsReady && !tried.Contains(node));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Interval * 2 };
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            await Task.WhenAll(nodes.Select(async node => node.IsReady = await IsReadyAsync(node, http, stoppingToken)));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static DemoNode NodeOf(Member bff, int number, Screen screen, TimeProvider clock)
    {
        var opsUrl = new Uri($"http://localhost:{FirstOpsPort + number}");
        var member = bff with
        {
            Name = $"bff{number + 1}",
            Url = $"http://localhost:{FirstPort + number}",
            Probe = new Uri(opsUrl, "/readyz").AbsoluteUri,
            Ports = [FirstPort + number, opsUrl.Port],
            Arguments =
            [
                .. bff.Arguments, $"--Bff:PublicUrl={bff.Url}", "--Bff:TrustedProxies:0=127.0.0.1/32", "--Bff:TrustedProxies:1=::1/128",
                $"--Bff:Ops:Url=http://{opsUrl.Authority}", $"--Bff:Ops:NodeUrl=http://{opsUrl.Authority}",
                "--Bff:Sessions:Store=PostgreSql",
                $"--Bff:Sessions:ConnectionString={DemoDatabase.ConnectionString}",
            ],
        };
        return new DemoNode(member, opsUrl, screen, clock);
    }

    private static async Task<bool> IsReadyAsync(DemoNode node, HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(node.Member.ProbeUrl, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}

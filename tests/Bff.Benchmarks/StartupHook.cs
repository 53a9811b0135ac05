using System.Net.Sockets;
using System.Runtime;
using System.Text;

/// <summary>
/// Runs in every .NET process of a benchmark (<c>DOTNET_STARTUP_HOOKS</c>), the product's included, which knows nothing of it: whoever connects to
/// <c>PID.sock</c> in the folder of <c>BFF_BENCH_PROBES</c> is told what the runtime has allocated and compiled so far; after a full, compacting collection if
/// it sends <c>c</c>, after one that only stops everything if it sends <c>f</c>. One sleeping thread, no work in between.
/// </summary>
#pragma warning disable CA1050, MA0047   // The runtime looks for this name, in no namespace.
internal static class StartupHook
#pragma warning restore CA1050, MA0047
{
    public const string FolderVariable = "BFF_BENCH_PROBES";

    /// <summary>What may be wished for.</summary>
    public const byte Nothing = (byte)'n', Compact = (byte)'c', Full = (byte)'f';

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder) { return; }
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, $"{Environment.ProcessId}.sock")));
        socket.Listen();
        new Thread(() => Answer(socket)) { IsBackground = true, Name = "benchmark probe" }.Start();
    }

    private static void Answer(Socket socket)
    {
        while (true)
        {
            using var caller = socket.Accept();
            var wish = new byte[1];
            caller.Receive(wish);
            if (wish[0] is Compact or Full) { Collect(wish[0] == Compact); }
            var (allocated, young, full) = (GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(0), GC.CollectionCount(2));
            caller.Send(Encoding.ASCII.GetBytes($"{allocated} {young} {full} {JitInfo.GetCompiledMethodCount()} {GC.GetTotalMemory(false)}"));
        }
    }

    private static void Collect(bool compact)
    {
        GC.Collect(2, compact ? GCCollectionMode.Aggressive : GCCollectionMode.Forced, blocking: true, compacting: compact);
        if (!compact) { return; }
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}

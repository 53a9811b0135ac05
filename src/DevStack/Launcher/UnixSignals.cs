using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DevStack.Launcher;

/// <summary>Being asked to stop, and asking others.</summary>
internal static class UnixSignals
{
    private const int SigTerm = 15;

    private static readonly PosixSignal[] StopSignals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    /// <summary>Runs <paramref name="stop"/> on Ctrl+C and its like, in place of ending the process at once.</summary>
    public static IReadOnlyList<IDisposable> OnStop(Action stop) =>
    [
        .. StopSignals.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop();
        })),
    ];

    public static void Terminate(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
            return;
        }

        _ = Kill(process.Id, SigTerm);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}

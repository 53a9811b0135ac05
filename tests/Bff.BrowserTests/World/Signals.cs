using System.Runtime.InteropServices;

namespace Bff.BrowserTests.World;

/// <summary>Freezing a process and letting it go on.</summary>
internal static class Signals
{
    private const int SigCont = 18;
    private const int SigStop = 19;

    public static void Freeze(int process) => Kill(process, SigStop).ShouldBe(0);

    public static void Thaw(int process) => Kill(process, SigCont).ShouldBe(0);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

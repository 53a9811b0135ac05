using System.Diagnostics;

namespace Bff.BrowserTests.World;

/// <summary>The Debian machine on which <c>tests/containers/debian.sh</c> has installed the package.</summary>
internal static class PackageMachine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string? Name = Environment.GetEnvironmentVariable("BFF_PACKAGE_MACHINE");

    public static bool IsUp => Name is not null;

    public static Task UpgradeAsync() => RunAsync("apt-get", "install", "--yes", "--no-install-recommends", "/packages/bff-later.deb");

    private static async Task RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo("docker", ["exec", Name!, .. command]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        process.ExitCode.ShouldBe(0, await said);
    }
}

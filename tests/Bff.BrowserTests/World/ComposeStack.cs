using System.Diagnostics;

namespace Bff.BrowserTests.World;

/// <summary>
/// The containers of <c>docker-compose.yml</c>, which <c>tests/containers/run.sh</c> has started; its environment says which files and profiles count.
/// </summary>
internal static class ComposeStack
{
    public const string PageUrl = "http://localhost:5000";
    public const string ProviderUrl = "http://localhost:5001";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static bool IsUp => Environment.GetEnvironmentVariable("BFF_COMPOSE") == "1";

    public static Task DownAsync() => RunAsync("down");

    public static Task UpAsync() => RunAsync("up", "--detach", "--wait");

    /// <summary>As an upgrade does it: a new container in place of the old, on the same volumes.</summary>
    public static Task ReplaceAsync(string service) => RunAsync("up", "--detach", "--wait", "--no-deps", "--force-recreate", service);

    private static async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("docker", ["compose", .. arguments]) { WorkingDirectory = SourceTree.Root, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var progress = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        process.ExitCode.ShouldBe(0, $"docker compose {string.Join(' ', arguments)}\n{await progress}");
    }
}

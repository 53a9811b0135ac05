using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.BrowserTests.World;

/// <summary>The pages of <c>tests/packages</c>, built with Vite from the file that <c>npm pack</c> makes of bff-js.</summary>
internal sealed class PackedPages : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "tests", "packages");

    private static readonly string Built = Path.Combine(Folder, "dist");

    private static readonly Lazy<Task> Install = new(InstallAsync);

    private static readonly Lazy<Task> Bundle = new(async () =>
    {
        await Install.Value;
        await RunAsync(Folder, "node", SourceTree.NodeModule("vite/bin/vite.js"), "build", "--logLevel", "warn");
    });

    private readonly WebApplication _app;

    private PackedPages(WebApplication app) => _app = app;

    public static string Url => Demo.OtherPageUrl;

    /// <returns>What the TypeScript compiler finds wrong with the pages, the package's types or its entries.</returns>
    public static async Task<string> CheckTypesAsync()
    {
        await Install.Value;
        var pages = await ExecuteAsync(Folder, "node", SourceTree.NodeModule("typescript/bin/tsc"));
        var entries = await ExecuteAsync(Folder, "node", SourceTree.NodeModule("typescript/bin/tsc"), "--project", "tsconfig.entries.json");
        return Complaints(pages) + Complaints(entries);

        static string Complaints((int ExitCode, string Output) run) => run.ExitCode == 0 ? run.Output : $"Exit code {run.ExitCode}. {run.Output}";
    }

    public static async Task<string> RenderOnServerAsync()
    {
        await Install.Value;
        return await RunAsync(Folder, "node", "react/server.mjs");
    }

    public static async Task<PackedPages> StartAsync(string bffUrl)
    {
        await Bundle.Value;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url);
        var pages = new PackedPages(builder.Build());
        pages._app.MapGet("/bff-url.js", () => Results.Text($"globalThis.bffUrl = '{bffUrl}';", "text/javascript"));
        pages._app.MapGet("/assets/{file}", (string file) => Results.File(Path.Combine(Built, "assets", file), "text/javascript"));
        pages._app.MapGet("/{kind}/{**route}", (string kind) => Results.File(Path.Combine(Built, kind, "index.html"), "text/html"));
        await pages._app.StartAsync();
        return pages;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task InstallAsync()
    {
        var package = Directory.CreateDirectory(Path.Combine(Folder, "node_modules", "bff-js"));
        package.Delete(recursive: true);
        package.Create();
        var packed = await RunAsync(
            SourceTree.FolderOf("bff-js"), "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", package.Parent!.FullName);
        // what npm install does with it, without a look at all the rest
        await RunAsync(package.FullName, "tar", "-xzf", Path.Combine("..", packed.Trim()), "--strip-components=1");
    }

    private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        var (exitCode, output) = await ExecuteAsync(folder, program, arguments);
        exitCode.ShouldBe(0, output);
        return output;
    }

    private static async Task<(int ExitCode, string Output)> ExecuteAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}

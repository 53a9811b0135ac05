using System.Diagnostics;

namespace Bff.BrowserTests.World;

/// <summary>Vite's dev server for the page of <c>vite-page</c>, in a folder of its own that a test may edit.</summary>
internal sealed class ViteServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-vite-");
    private readonly Process _process;

    private ViteServer(int port, string? config, string? bffUrl)
    {
        foreach (var file in Directory.EnumerateFiles(SourceTree.NodeModule("../vite-page")))
        {
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }

        SourceTree.CopyScriptPackageTo(Path.Combine(_folder.FullName, "node_modules", "bff-js"));
        if (config is not null) { File.WriteAllText(Path.Combine(_folder.FullName, "vite.config.js"), config); }
        string[] arguments = [SourceTree.NodeModule("vite/bin/vite.js"), _folder.FullName, "--port", $"{port}", "--strictPort", "--logLevel", "error"];
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = _folder.FullName,
        };
        if (bffUrl is not null) { start.Environment["VITE_BFF_URL"] = bffUrl; }
        Url = $"http://localhost:{port}";
        _process = Process.Start(start)!;
    }

    public string Url { get; }

    /// <param name="port">Where it listens.</param>
    /// <param name="config">Its <c>vite.config.js</c>; none when not said.</param>
    /// <param name="bffUrl">What the page is told of Bff; nothing when they share an origin.</param>
    public static async Task<ViteServer> StartAsync(int port, string? config = null, string? bffUrl = null)
    {
        var server = new ViteServer(port, config, bffUrl);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        await Eventually.HappensAsync(async () =>
        {
            server._process.HasExited.ShouldBeFalse("Vite ended");
            try { return (await http.GetAsync(new Uri(server.Url))).IsSuccessStatusCode; }
            catch (HttpRequestException) { return false; }
        }, $"Vite answers at {server.Url}");
        return server;
    }

    /// <summary>What a developer's editor does.</summary>
    public Task EditAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, file), text);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}

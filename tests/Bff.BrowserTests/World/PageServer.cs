using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.BrowserTests.World;

/// <summary>A web server that has the pages a test brings.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PageServer(string url, (string Path, string ContentType, string Text)[] pages)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        _app = builder.Build();
        foreach (var (path, contentType, text) in pages) { _app.MapGet(path, () => Results.Content(text, contentType)); }
    }

    public static async Task<PageServer> StartAsync(string url, params (string Path, string ContentType, string Text)[] pages)
    {
        var server = new PageServer(url, pages);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

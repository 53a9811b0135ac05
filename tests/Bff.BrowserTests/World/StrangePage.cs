using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.BrowserTests.World;

/// <summary>A page of somebody else's on the same machine: another origin, and by the name <c>localhost</c> the same site.</summary>
internal sealed class StrangePage : IAsyncDisposable
{
    public static int Port => Ports.Of(5);

    private readonly WebApplication _app;

    private StrangePage()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://localhost:{Port}");
        _app = builder.Build();
        _app.MapGet("/", () => Results.Content("<!doctype html><title>Strange</title>", "text/html"));
    }

    public static async Task<StrangePage> StartAsync()
    {
        var page = new StrangePage();
        await page._app.StartAsync();
        return page;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

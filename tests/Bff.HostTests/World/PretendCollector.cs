using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>Takes OTLP over HTTP and keeps what was sent. Texts in protobuf are plain UTF-8, so what is in there can be found without decoding.</summary>
internal sealed class PretendCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PretendCollector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            Received.Enqueue((signal, Encoding.UTF8.GetString(body.ToArray())));
        });
    }

    public static async Task<PretendCollector> StartAsync()
    {
        var collector = new PretendCollector();
        await collector._app.StartAsync();
        return collector;
    }

    public string Address => _app.Urls.Single();

    public ConcurrentQueue<(string Signal, string Text)> Received { get; } = new();

    /// <summary>All that came of one signal: <c>traces</c>, <c>logs</c> or <c>metrics</c>.</summary>
    public string All(string signal) => string.Concat(Received.Where(one => one.Signal == signal).Select(one => one.Text));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>The API behind the proxy: wants a bearer token of a provider it trusts that has not expired, and writes down what reached it.</summary>
internal sealed class PretendApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<PretendProvider> _providers = new();

    /// <param name="Method">The request's.</param>
    /// <param name="Path">As the framework decodes it.</param>
    /// <param name="Target">Path and query as they came.</param>
    /// <param name="Headers">The request's.</param>
    /// <param name="Status">The answer's.</param>
    public sealed record Call(string Method, string Path, string Target, IReadOnlyDictionary<string, string> Headers, int Status)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);

        public string? Token => Header("Authorization")?["Bearer ".Length..];
    }

    private PretendApi(PretendProvider provider, TimeProvider clock)
    {
        _providers.Enqueue(provider);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(async context =>
        {
            var subject = Subject(context, clock);
            context.Response.StatusCode = subject is null && context.Request.Path.StartsWithSegments("/api") ? 401 : 200;
            var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            Calls.Enqueue(
                new(
                    context.Request.Method,
                    context.Request.Path,
                    context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                    headers,
                    context.Response.StatusCode));
            Answers(context);
            if (context.WebSockets.IsWebSocketRequest)
            {
                await EchoAsync(await context.WebSockets.AcceptWebSocketAsync(), context.RequestAborted);
                return;
            }

            if (context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal)) { context.Response.ContentType = "text/event-stream"; }
            if (context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal)
                || context.Request.Path.Value!.EndsWith("/stream", StringComparison.Ordinal))
            {
                await StreamAsync(context);
                return;
            }

            if (!Silent) { await context.Response.WriteAsync(subject ?? "nobody"); }
        });
    }

    public static async Task<PretendApi> StartAsync(PretendProvider provider, TimeProvider clock)
    {
        var api = new PretendApi(provider, clock);
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Takes the tokens of one more provider.</summary>
    public void Trust(PretendProvider provider) => _providers.Enqueue(provider);

    public string Address => _app.Urls.Single();

    /// <summary>Every request that arrived, in order.</summary>
    public ConcurrentQueue<Call> Calls { get; } = new();

    public Call LastCall => Calls.Last();

    /// <summary>Adds to the answer what a test needs.</summary>
    public Action<HttpContext> Answers { get; set; } = _ => { };

    /// <summary>Writes no body of its own.</summary>
    public bool Silent { get; set; }

    private static async Task EchoAsync(WebSocket socket, CancellationToken gone)
    {
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, gone) is { MessageType: not WebSocketMessageType.Close } received)
        {
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, gone);
        }
    }

    /// <summary>One line, and then nothing for as long as anybody listens.</summary>
    private static async Task StreamAsync(HttpContext context)
    {
        await context.Response.WriteAsync("begun\n");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private string? Subject(HttpContext context, TimeProvider clock)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal)) { return null; }
        var token = _providers.Select(provider => provider.FindAccessToken(authorization["Bearer ".Length..])).FirstOrDefault(found => found is not null);
        return token?.ExpiresAt > clock.GetUtcNow() ? token.Subject : null;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

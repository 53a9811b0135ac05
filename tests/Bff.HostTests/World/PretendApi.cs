using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>
/// The API behind the proxy: wants a token of a provider it trusts that has not expired, and with a bound one a proof; writes down what reached it.
/// </summary>
internal sealed class PretendApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<PretendProvider> _providers = new();
    private readonly ConcurrentDictionary<HttpResponse, bool> _streams = new();
    private int _refused;
    private int _misled;
    private int _sockets;
    private int _messages;

    /// <param name="Method">The request's.</param>
    /// <param name="Path">As the framework decodes it.</param>
    /// <param name="Target">Path and query as they came.</param>
    /// <param name="Headers">The request's.</param>
    /// <param name="Status">The answer's.</param>
    public sealed record Call(string Method, string Path, string Target, IReadOnlyDictionary<string, string> Headers, int Status)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);

        public string? Token => Header("Authorization")?.Split(' ', 2)[1];
    }

    private PretendApi(PretendProvider provider, TimeProvider clock)
    {
        _providers.Enqueue(provider);
        Proofs = new(clock);
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
            var subject = await SubjectAsync(context, clock);
            context.Response.StatusCode = subject is null && context.Request.Path.StartsWithSegments("/api") ? 401 : 200;
            if (context.Response.StatusCode == 401) { Interlocked.Increment(ref _refused); }
            var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            if (!Forgets)
            {
                Calls.Enqueue(
                    new(
                        context.Request.Method,
                        context.Request.Path,
                        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                        headers,
                        context.Response.StatusCode));
            }

            Answers(context);
            if (Serve is not null)
            {
                await Serve(context);
                return;
            }

            if (context.Response is { StatusCode: 401, Headers.WWWAuthenticate.Count: > 0 }) { return; }
            if (context.WebSockets.IsWebSocketRequest)
            {
                await EchoAsync(await context.WebSockets.AcceptWebSocketAsync(), context.RequestAborted);
                return;
            }

            if (context.Request.Path.Value!.Split('/')[^1] is ("events" or "stream" or "grpc") and var kind)
            {
                if (kind != "stream") { context.Response.ContentType = kind == "grpc" ? "application/grpc" : "text/event-stream"; }
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

    /// <summary>The codes of WebSockets whose callers took leave.</summary>
    public ConcurrentQueue<int> Closed { get; } = new();

    /// <summary>WebSockets that are open, and the messages that came whole by all that were.</summary>
    public (int Open, int Messages) Sockets => (Volatile.Read(ref _sockets), Volatile.Read(ref _messages));

    /// <summary>Calls without a token that is good: none, an unknown one, or one that has expired.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Takes tokens for this audience only; null for whatever comes.</summary>
    public string? Audience { get; set; }

    /// <summary>Good tokens that were for another audience.</summary>
    public int Misled => Volatile.Read(ref _misled);

    /// <summary>Keeps no <see cref="Calls"/>: for very many.</summary>
    public bool Forgets { get; set; }

    /// <summary>Of bound tokens (RFC 9449 section 7); with a nonce in it, nothing passes without that.</summary>
    public ProofChecker Proofs { get; }

    /// <summary>Why bound tokens were refused, in order.</summary>
    public ConcurrentQueue<string> ProofRefusals { get; } = new();

    /// <summary>Adds to the answer what a test needs.</summary>
    public Action<HttpContext> Answers { get; set; } = _ => { };

    /// <summary>Answers in the place of all that follows.</summary>
    public Func<HttpContext, Task>? Serve { get; set; }

    /// <summary>Writes no body of its own.</summary>
    public bool Silent { get; set; }

    private async Task EchoAsync(WebSocket socket, CancellationToken gone)
    {
        Interlocked.Increment(ref _sockets);
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, gone) is { MessageType: not WebSocketMessageType.Close } received)
            {
                if (received.EndOfMessage) { Interlocked.Increment(ref _messages); }
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, gone);
            }

            Closed.Enqueue((int)socket.CloseStatus!);
        }
        finally
        {
            Interlocked.Decrement(ref _sockets);
        }
    }

    /// <summary>One line more on each stream that is open.</summary>
    public async Task TellAsync(string line)
    {
        foreach (var response in _streams.Keys)
        {
            await response.WriteAsync(line + "\n");
            await response.Body.FlushAsync();
        }
    }

    /// <summary>One line, and then nothing but what it is told for as long as anybody listens.</summary>
    private async Task StreamAsync(HttpContext context)
    {
        const string Begun = "begun\n";
        if (context.Response.ContentType == "application/grpc") { await context.Response.WriteAsync($"\0\0\0\0{(char)Begun.Length}"); }   // a message has a head
        await context.Response.WriteAsync(Begun);
        await context.Response.Body.FlushAsync();
        _streams.TryAdd(context.Response, true);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _streams.TryRemove(context.Response, out _);
    }

    private async Task<string?> SubjectAsync(HttpContext context, TimeProvider clock)
    {
        if (context.Request.Headers.Authorization.ToString().Split(' ', 2) is not [var scheme, var value]) { return null; }
        var token = _providers.Select(provider => provider.FindAccessToken(value)).FirstOrDefault(found => found is not null);
        if (!(token?.ExpiresAt > clock.GetUtcNow())) { return null; }
        if (Audience is not null && !token.Audiences.Contains(Audience))
        {
            Interlocked.Increment(ref _misled);
            return null;
        }

        if (token.KeyThumbprint is null) { return scheme == "Bearer" ? token.Subject : null; }
        if (Proofs.NonceFor(context.Request.Path) is { } nonce) { context.Response.Headers["DPoP-Nonce"] = nonce; }
        var proof = scheme == "DPoP" ? await Proofs.CheckAsync(context.Request, value) : new(null, "invalid_token", "a bound token as a bearer token");
        if (proof.Thumbprint == token.KeyThumbprint) { return token.Subject; }
        var error = proof.Thumbprint is null ? proof.Error : "invalid_token";
        ProofRefusals.Enqueue(proof.Thumbprint is null ? proof.Reason : "another key");
        context.Response.Headers.WWWAuthenticate = $"DPoP error=\"{error}\", algs=\"ES256\"";
        return null;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

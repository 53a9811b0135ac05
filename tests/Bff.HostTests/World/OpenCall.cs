using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>A call of the page that stays open: a WebSocket, or an answer that goes on and on.</summary>
internal sealed class OpenCall : IAsyncDisposable
{
    private readonly IDisposable _call;
    private readonly Task _end;

    private OpenCall(IDisposable call, Func<OpenCall, Task> read) => (_call, _end) = (call, EndAsync(() => read(this)));

    public bool IsOpen => !_end.IsCompleted;

    /// <summary>What came, one message or line each.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    /// <summary>
    /// How it ended: <c>1008 session_ended</c> of a WebSocket, <c>16 session_ended</c> of gRPC, <c>complete</c> of a stream; null while it is open, or when it
    /// was cut.
    /// </summary>
    public string? End { get; private set; }

    public Task EndsAsync(TimeSpan? within = null) => _end.WaitAsync(within ?? Eventually.Deadline, TimeProvider.System);

    public async Task<string?> EndsAsAsync()
    {
        await EndsAsync();
        return End;
    }

    /// <summary>Of a WebSocket.</summary>
    public Task SendAsync(string text) => SendAsync((ClientWebSocket)_call, text);

    /// <param name="browser">Whose cookies go along.</param>
    /// <param name="bff">Where to.</param>
    /// <param name="path">Of the WebSocket.</param>
    /// <param name="version">HTTP/1.1's upgrade, or HTTP/2's CONNECT (RFC 8441).</param>
    /// <param name="authorization">Of a caller that has a token of its own.</param>
    public static async Task<OpenCall> WebSocketAsync(Browser browser, Uri bff, string path, Version? version = null, string? authorization = null)
    {
        var socket = new ClientWebSocket();
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (version ?? HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        socket.Options.SetRequestHeader("Origin", Browser.SpaOrigin);
        if (browser.Cookies.HeaderFor("localhost") is { Length: > 0 } cookies) { socket.Options.SetRequestHeader("Cookie", cookies); }
        if (authorization is not null) { socket.Options.SetRequestHeader("Authorization", authorization); }
        using var invoker = version is null ? null : new HttpMessageInvoker(new SocketsHttpHandler(), disposeHandler: false);
        await socket.ConnectAsync(new UriBuilder(new Uri(bff, path)) { Scheme = "ws", Host = "127.0.0.1" }.Uri, invoker, CancellationToken.None);

        await SendAsync(socket, "hello");
        var buffer = new byte[1024];
        (await ReadAsync(socket, buffer)).ShouldBe("hello");
        return new OpenCall(socket, async call =>
        {
            while (await ReadAsync(socket, buffer) is { } text) { call.Received.Enqueue(text); }
            call.End = $"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}";
            await socket.CloseOutputAsync(socket.CloseStatus.Value, statusDescription: null, CancellationToken.None);   // as every browser does
        });
    }

    public static async Task<OpenCall> StreamAsync(Browser browser, string path, string? accept = null, string? authorization = null)
    {
        var request = browser.Script(HttpMethod.Get, path);
        if (authorization is not null) { request.Headers.TryAddWithoutValidation("Authorization", authorization); }
        if (accept is not null) { request.Headers.Add("Accept", accept); }
        var response = await browser.BeginAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        (await lines.ReadLineAsync()).ShouldNotBeNull().ShouldEndWith("begun");
        return new OpenCall(response, async call =>
        {
            while (await lines.ReadLineAsync() is { } line) { call.Received.Enqueue(line); }
            var trailers = response.TrailingHeaders;
            call.End = trailers.TryGetValues("grpc-status", out var status) ? $"{status.Single()} {trailers.GetValues("grpc-message").Single()}" : "complete";
        });
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private static async Task<string?> ReadAsync(ClientWebSocket socket, byte[] buffer)
    {
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
        return received.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private static async Task EndAsync(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (Exception error) when (error is WebSocketException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // Cut off, which is an end too.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _end;
    }
}

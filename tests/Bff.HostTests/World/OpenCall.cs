using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>A call of the page that stays open: a WebSocket, or an answer that goes on and on.</summary>
internal sealed class OpenCall : IAsyncDisposable
{
    private readonly IDisposable _call;
    private readonly Task _end;

    private OpenCall(IDisposable call, Task end) => (_call, _end) = (call, end);

    public bool IsOpen => !_end.IsCompleted;

    public Task EndsAsync(TimeSpan? within = null) => _end.WaitAsync(within ?? Eventually.Deadline, TimeProvider.System);

    public static async Task<OpenCall> WebSocketAsync(Browser browser, Uri bff, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", Browser.SpaOrigin);
        if (browser.Cookies.HeaderFor("localhost") is { Length: > 0 } cookies) { socket.Options.SetRequestHeader("Cookie", cookies); }
        await socket.ConnectAsync(new UriBuilder(new Uri(bff, path)) { Scheme = "ws", Host = "127.0.0.1" }.Uri, CancellationToken.None);

        var buffer = new byte[64];
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var echo = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Encoding.UTF8.GetString(buffer, 0, echo.Count).ShouldBe("hello");
        return new OpenCall(socket, EndAsync(async () => await socket.ReceiveAsync(buffer, CancellationToken.None)));
    }

    public static async Task<OpenCall> StreamAsync(Browser browser, string path, string? accept = null)
    {
        var request = browser.Script(HttpMethod.Get, path);
        if (accept is not null) { request.Headers.Add("Accept", accept); }
        var response = await browser.BeginAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        (await lines.ReadLineAsync()).ShouldBe("begun");
        return new OpenCall(response, EndAsync(() => lines.ReadLineAsync()));
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

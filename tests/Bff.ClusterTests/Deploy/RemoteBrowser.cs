using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Web;
using Bff.HostTests;

namespace Bff.ClusterTests.Deploy;

/// <summary>A browser that is not on the proxy's machine, as far as addresses tell: it calls from one of its own, and trusts the tests' certificate.</summary>
internal sealed class RemoteBrowser : IDisposable
{
    public const string Address = "127.0.0.2";

    private const string Host = "localhost";

    private readonly Uri _bff;
    private readonly CookieJar _cookies;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = ConnectAsync,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
    });

    /// <param name="bff">As browsers write it.</param>
    /// <param name="clock">Where it is not the real one.</param>
    public RemoteBrowser(Uri bff, TimeProvider? clock = null) => (_bff, _cookies) = (bff, new(clock ?? TimeProvider.System));

    /// <summary>By the proxy's name, through the provider and back.</summary>
    /// <returns>The <c>redirect_uri</c> Bff asked the provider to come back to.</returns>
    public async Task<string> SignInAsync(string user)
    {
        var url = At("/bff/login?login_hint=" + user);
        var redirect = "";
        while (true)
        {
            using var answer = await SendAsync(new(HttpMethod.Get, url) { Headers = { { "Accept", "text/html" } } });
            answer.StatusCode.ShouldBe(HttpStatusCode.Found, $"{url}: {await answer.Content.ReadAsStringAsync()}");
            if (_cookies.Value(Browser.SessionCookie, Host) is not null) { return redirect; }
            url = new Uri(url, answer.Headers.Location!);
            if (HttpUtility.ParseQueryString(url.Query)["redirect_uri"] is { } asked) { redirect = asked; }
        }
    }

    /// <summary>A call of the page's script.</summary>
    public Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, Action<HttpRequestMessage>? more = null)
    {
        var request = new HttpRequestMessage(method, At(path)) { Headers = { { "X-CSRF", "1" }, { "Origin", Browser.SpaOrigin } } };
        more?.Invoke(request);
        return SendAsync(request);
    }

    /// <summary>Sends a word by a WebSocket and hears it again.</summary>
    public async Task<string> EchoAsync(string path, string word)
    {
        using var socket = new ClientWebSocket();
        using var deadline = new CancellationTokenSource(Eventually.Deadline, TimeProvider.System);
        socket.Options.SetRequestHeader("Origin", Browser.SpaOrigin);
        socket.Options.SetRequestHeader("Cookie", _cookies.HeaderFor(Host));
        await socket.ConnectAsync(new UriBuilder(At(path)) { Scheme = "wss" }.Uri, _http, deadline.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        var buffer = new byte[64];
        var echo = await socket.ReceiveAsync(buffer, deadline.Token);
        return Encoding.UTF8.GetString(buffer, 0, echo.Count);
    }

    /// <summary>The first line of an answer that does not end.</summary>
    public async Task<string?> FirstLineAsync(string path)
    {
        using var answer = await CallAsync(
            HttpMethod.Get, path, request => request.Headers.Add("Accept", "text/event-stream")).WaitAsync(Eventually.Deadline, TimeProvider.System);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        return await lines.ReadLineAsync().WaitAsync(Eventually.Deadline, TimeProvider.System);
    }

    private Uri At(string path) => new(_bff.AbsoluteUri.TrimEnd('/') + path);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        var ours = request.RequestUri!.Port == _bff.Port;
        if (ours && _cookies.HeaderFor(Host) is { Length: > 0 } cookies)
        {
            var others = request.Headers.TryGetValues("Cookie", out var given) ? string.Concat(given.Select(cookie => "; " + cookie)) : "";
            request.Headers.Remove("Cookie");
            request.Headers.Add("Cookie", cookies + others);
        }

        var answer = await _http.SendAsync(request, CancellationToken.None).WaitAsync(Eventually.Deadline, TimeProvider.System);
        if (ours && answer.Headers.TryGetValues("Set-Cookie", out var lines)) { _cookies.Take(Host, lines); }
        return answer;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(Address), 0));
        await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public void Dispose() => _http.Dispose();
}

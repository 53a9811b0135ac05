using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>An upstream that says what no web framework lets anybody say: answers each request with these very bytes.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, Task> _answer;
    private readonly Task _accepting;

    private RawServer(Func<NetworkStream, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Answers and closes the connection.</summary>
    public static RawServer Answering(string answer) => new(stream => stream.WriteAsync(Encoding.Latin1.GetBytes(answer)).AsTask());

    /// <summary>Answers, reads nothing more and leaves the connection open.</summary>
    public static RawServer AnsweringAndStaying(string answer) => new(async stream =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    });

    public static RawServer Silent() => new(_ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System));

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>The head of each request, as Latin-1.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var closing = client;
        await using var stream = client.GetStream();
        try
        {
            Requests.Enqueue(await RawClient.ReadHeadAsync(stream));
            await _answer(stream).WaitAsync(_stop.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone, or told to stop.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }
}

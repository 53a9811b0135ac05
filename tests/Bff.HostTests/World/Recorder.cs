using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bff.HostTests;

/// <summary>Listens where nobody ought to call, or somebody else ought to be; keeps what was sent and never answers but for one status line.</summary>
internal sealed class Recorder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentQueue<string> _received = new();
    private readonly X509Certificate2? _certificate;
    private readonly string? _answer;
    private readonly Task _run;
    private int _connections;

    /// <param name="certificate">For TLS.</param>
    /// <param name="answer">What every request gets; null lets it hang.</param>
    public Recorder(X509Certificate2? certificate = null, string? answer = null)
    {
        (_certificate, _answer) = (certificate, answer);
        _listener.Start();
        _run = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The requests, as they came.</summary>
    public IReadOnlyCollection<string> Received => _received;

    private async Task RunAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_over.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = await OpenAsync(client);
            var buffer = new byte[8192];
            var read = await stream.ReadAsync(buffer, _over.Token);
            _received.Enqueue(Encoding.Latin1.GetString(buffer, 0, read));
            if (_answer is null) { await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _over.Token); }
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {_answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"), _over.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The caller went away, or did not like the certificate.
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null) { return client.GetStream(); }
        var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _over.Token);
        return tls;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _run;
        _over.Dispose();
    }
}

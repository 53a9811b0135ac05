using System.Net;
using System.Net.Sockets;

namespace Bff.ClusterTests.Redis;

/// <summary>Passes connections on to a port of this machine, which may be another one for later connections; as a proxy that leads to the primary.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile int _to;

    public Relay(int to)
    {
        _to = to;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string ConnectionString => $"{_listener.LocalEndpoint}";

    /// <summary>Those that are open stay where they are.</summary>
    public void LeadTo(int port) => _to = port;

    private async Task AcceptAsync()
    {
        try
        {
            while (true) { _ = PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token)); }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _to, _stop.Token);
                var (here, there) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(here.CopyToAsync(there, _stop.Token), there.CopyToAsync(here, _stop.Token));
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                // Either side has gone.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }
}

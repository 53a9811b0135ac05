using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Bff.Ops.Health;

/// <summary>
/// The sockets Kestrel listens on, so that a drain can close them while open connections are still served. Kestrel itself closes all together, and then a
/// request is lost that a proxy has just sent on a connection that waits to be accepted or read.
/// </summary>
internal sealed class ListenSockets(TimeProvider clock)
{
    /// <summary>Time for handshakes under way to end. A handshake takes three messages, so this is far more than a network needs.</summary>
    private static readonly TimeSpan Handshakes = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];

    /// <summary>What the transport does by default, remembered. A socket that a supervisor has handed over stays the supervisor's.</summary>
    public Socket Bind(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is IPEndPoint)
        {
            lock (_gate) { _sockets.Add(socket); }
        }

        return socket;
    }

    /// <summary>
    /// Lets nobody new begin a connection, accepts those that have begun, and closes. From then on connections are refused, upon which proxies try another
    /// node.
    /// </summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Socket[] sockets;
        lock (_gate)
        {
            sockets = [.. _sockets];
            _sockets.Clear();
        }

        if (Array.FindAll(sockets, IgnoreNewConnections).Length > 0)
        {
            await Task.Delay(Handshakes, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    /// <summary>
    /// Closing a listening socket resets what it has not accepted yet, POSTs included that a proxy may not send twice. So the kernel first drops what opens a
    /// connection (TCP with SYN and without ACK); whoever sent it tries again after a second and is refused then. Linux only, and a refinement: without it the
    /// window is small, too.
    /// </summary>
    private static bool IgnoreNewConnections(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) { return false; }
        const int solSocket = 1, soAttachFilter = 26;
        (ushort Code, byte IfTrue, byte IfFalse, uint Value)[] filter =
        [
            (0x30, 0, 0, 13),              // load the flags, byte 13 of a TCP header
            (0x54, 0, 0, 0x12),            // of which SYN and ACK
            (0x15, 0, 1, 0x02),            // if only SYN is set
            (0x06, 0, 0, 0),               // drop it
            (0x06, 0, 0, uint.MaxValue),   // else take it whole
        ];
        var code = new byte[filter.Length * 8];
        for (var at = 0; at < filter.Length; at++)
        {
            var instruction = code.AsSpan(at * 8);
            MemoryMarshal.Write(instruction, filter[at].Code);
            (instruction[2], instruction[3]) = (filter[at].IfTrue, filter[at].IfFalse);
            MemoryMarshal.Write(instruction[4..], filter[at].Value);
        }

        var pinned = GCHandle.Alloc(code, GCHandleType.Pinned);
        try
        {
            var program = new byte[2 * IntPtr.Size];   // struct sock_fprog: how many instructions, and where
            MemoryMarshal.Write(program, (ushort)filter.Length);
            MemoryMarshal.Write(program.AsSpan(IntPtr.Size), pinned.AddrOfPinnedObject());
            socket.SetRawSocketOption(solSocket, soAttachFilter, program);
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;   // a sandbox that has no such filter, or Kestrel has closed it meanwhile
        }
        finally
        {
            pinned.Free();
        }
    }
}

using System.Net;

namespace Bff;

/// <summary>
/// The address of the client whose request this code runs for, at the addresses where something audited may happen: Bff's own paths and the ops port. The
/// framework's accessor would be set, and carried along by everything that waits, for each forwarded call.
/// </summary>
internal sealed class AuditedClient
{
    private readonly AsyncLocal<Holder?> _current = new();

    private sealed class Holder
    {
        public IPAddress? Address { get; set; }
    }

    /// <summary>Null elsewhere, on a Unix socket, and for what goes on when its request is over.</summary>
    public IPAddress? Address => _current.Value?.Address;

    /// <summary>A step of a pipeline, after the forwarded headers of trusted proxies.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var holder = _current.Value = new Holder { Address = ClientAddress.Of(context) };
        try
        {
            await next(context);
        }
        finally
        {
            holder.Address = null;
        }
    }
}

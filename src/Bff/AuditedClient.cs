using System.Net;

namespace Bff;

/// <summary>
/// The address of the client whose request this code runs for, at the addresses where something audited may happen: Bff's own paths and the ops port. The
/// framework's accessor would be set, and carried along by everything that waits, for each forwarded call.
/// </summary>
internal sealed class AuditedClient
{
    private readonly AsyncLocal<IPAddress?> _address = new();

    /// <summary>Null elsewhere, and on a Unix socket.</summary>
    public IPAddress? Address => _address.Value;

    /// <summary>A step of a pipeline, after the forwarded headers of trusted proxies.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        _address.Value = ClientAddress.Of(context);
        await next(context);
    }
}

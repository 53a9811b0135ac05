using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// Lets only requests for our own host in, and gives everything after it the configured address: redirect URIs, return URLs and origin checks depend on
/// no header. Without <c>Bff:PublicUrl</c> only names of this machine are accepted; any other may be an attacker's that points here (DNS rebinding).
/// </summary>
internal sealed class PublicHost(RequestDelegate next, IOptions<ProxyOptions> proxy, Refusals refusals)
{
    private static readonly Problem NotAllowed = new(
        StatusCodes.Status400BadRequest, "host_not_allowed", "This host name is not served here.", "The operator configures the name: Bff:PublicUrl.");

    private readonly PublicAddress? _address = PublicAddress.Parse(proxy.Value.PublicUrl);

    /// <summary>What was let in last: nearly all requests say the same.</summary>
    private volatile string? _known;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsOurs(request.Host)) { return refusals.RefuseAsync(context, NotAllowed, Why(request.Host)); }
        if (_address is not null)
        {
            (request.Scheme, request.Host, request.PathBase) = (_address.Scheme, _address.Host, _address.PathBase);

            // The proxy in front may take the path base off, or leave that to us.
            if (_address.PathBase.HasValue && request.Path.StartsWithSegments(_address.PathBase, out var rest)) { request.Path = rest.HasValue ? rest : "/"; }
        }

        return next(context);
    }

    private bool IsOurs(HostString host)
    {
        if (host.Value is { } asked && asked == _known) { return true; }
        if (!(_address?.IsAskedBy(host) ?? PublicAddress.IsLoopback(host.Host))) { return false; }
        _known = host.Value;
        return true;
    }

    private string Why(HostString asked) => $"asked for '{Printable.Text(asked.Value)}', and Bff:PublicUrl is "
        + (_address is null ? "not set, so only names of this machine are known" : $"'{Printable.Address(proxy.Value.PublicUrl)}'");
}

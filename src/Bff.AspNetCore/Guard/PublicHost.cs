using Bff.FrontEnds;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// Lets only requests for our own hosts in, and gives everything after it the configured address: redirect URIs, return URLs and origin checks depend on
/// no header. Without <c>Bff:PublicUrl</c> only names of this machine are accepted; any other may be an attacker's that points here (DNS rebinding). Where
/// there are several front ends, the address says whose request it is.
/// </summary>
internal sealed class PublicHost(RequestDelegate next, IOptions<ProxyOptions> proxy, FrontEndSet frontEnds, Refusals refusals)
{
    private static readonly Problem NotAllowed = new(
        StatusCodes.Status400BadRequest, "host_not_allowed", "This host name is not served here.",
        "The operator configures the name: Bff:PublicUrl, or Hosts of a front end.");

    private readonly PublicAddress? _address = PublicAddress.Parse(proxy.Value.PublicUrl);

    /// <summary>What was let in last: nearly all requests say the same.</summary>
    private volatile string? _known;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var prefix = TakeForwardedPrefix(request);
        if (frontEnds.Named is { Count: > 0 } named && Choose(named, request, prefix) is { } frontEnd)
        {
            context.Features.Set(frontEnd);
            return next(context);
        }

        if (!IsOurs(request.Host)) { return refusals.RefuseAsync(context, NotAllowed, Why(request.Host)); }
        if (_address is not null) { (request.Scheme, request.Host) = (_address.Scheme, _address.Host); }

        // The proxy in front may take the path base off, or leave that to us.
        var pathBase = _address is not null ? _address.PathBase : prefix;
        if (pathBase.HasValue) { (request.PathBase, request.Path) = (pathBase, Below(pathBase, request.Path)); }
        return next(context);
    }

    /// <summary>
    /// What a trusted proxy says it took off (<c>X-Forwarded-Prefix</c>): the framework has put it before the path. It may have been passed on from a client, so
    /// what is no plain path counts for nothing.
    /// </summary>
    private static PathString TakeForwardedPrefix(HttpRequest request)
    {
        if (!request.PathBase.HasValue) { return PathString.Empty; }
        var prefix = FrontEndAddress.ParsePath(request.PathBase.Value!.TrimEnd('/')) ?? PathString.Empty;
        request.PathBase = PathString.Empty;
        return prefix;
    }

    /// <param name="named">The most particular first.</param>
    /// <param name="request">Gets the front end's address.</param>
    /// <param name="prefix">What was taken off the path.</param>
    /// <returns>Null for the front end without a name, whose request this may be.</returns>
    private FrontEnd? Choose(IReadOnlyList<FrontEnd> named, HttpRequest request, PathString prefix)
    {
        var (path, isPublic) = (prefix + Below(prefix, request.Path), IsOurs(request.Host));
        var below = isPublic && _address is not null ? Below(_address.PathBase, path) : path;
        foreach (var one in named)
        {
            var ownHost = AskedBy(request, one);
            var (isAsked, rest) = one.Hosts.Count == 0 ? (isPublic, below) : (ownHost is not null, path);
            if (!isAsked || !rest.StartsWithSegments(one.PathBase)) { continue; }
            Address(request, one, ownHost, rest);
            return one;
        }

        return null;
    }

    /// <param name="request">Gets the address.</param>
    /// <param name="frontEnd">Whose request it is.</param>
    /// <param name="ownHost">Null where it is told by its path alone.</param>
    /// <param name="path">With the path base of the front end.</param>
    private void Address(HttpRequest request, FrontEnd frontEnd, PublicAddress? ownHost, PathString path)
    {
        if ((ownHost ?? _address) is { } address) { (request.Scheme, request.Host) = (address.Scheme, address.Host); }
        var outer = ownHost is null && _address is not null ? _address.PathBase : PathString.Empty;
        (request.PathBase, request.Path) = (outer + frontEnd.PathBase, Below(frontEnd.PathBase, path));
    }

    /// <returns>Null when the request is for none of the front end's own hosts.</returns>
    private PublicAddress? AskedBy(HttpRequest request, FrontEnd frontEnd)
    {
        foreach (var host in frontEnd.Hosts)
        {
            if (AddressOf(host, request) is var address && address.IsAskedBy(request.Host)) { return address; }
        }

        return null;
    }

    /// <summary>A host of a front end is reached like <c>Bff:PublicUrl</c> where it does not say otherwise; without one, as it was asked for.</summary>
    private PublicAddress AddressOf(HostString host, HttpRequest request) => _address is null
        ? PublicAddress.At(request.Scheme, host, request.Host.Port, PathString.Empty)
        : PublicAddress.At(_address.Scheme, host, _address.Host.Port, PathString.Empty);

    private static PathString Below(PathString pathBase, PathString path) =>
        pathBase.HasValue && path.StartsWithSegments(pathBase, out var rest) ? (rest.HasValue ? rest : "/") : path;

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

using System.Net;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// Says once that somebody forwards requests whose word does not count: seldom an attack, mostly a proxy in front that <c>Bff:TrustedProxies</c> leaves out.
/// </summary>
internal sealed partial class UntrustedProxy(RequestDelegate next, IOptions<ForwardedHeadersOptions> trusted, ILogger<UntrustedProxy> logger)
{
    private static readonly string[] Forwarded = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"];

    /// <summary>What the framework leaves where it has believed a proxy about the address.</summary>
    private const string OriginalFor = "X-Original-For";

    /// <summary>All that it leaves: nobody sent these, and no API is to have them.</summary>
    private static readonly string[] Marks = [OriginalFor, "X-Original-Proto", "X-Original-Host", "X-Original-Prefix"];

    private readonly bool _hasTrusted = trusted.Value.KnownIPNetworks.Count > 0;
    private int _said;

    /// <summary>After the forwarded headers of trusted proxies, which leave a mark.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (Volatile.Read(ref _said) == 0 && Unheard(context) is { } header && Interlocked.Exchange(ref _said, 1) == 0)
        {
            Said(ClientAddress.Of(context), header);
        }

        if (_hasTrusted)
        {
            foreach (var mark in Marks) { context.Request.Headers.Remove(mark); }
        }

        return next(context);
    }

    /// <returns>The header that nobody heeds.</returns>
    private string? Unheard(HttpContext context)
    {
        var headers = context.Request.Headers;
        foreach (var header in Forwarded)
        {
            if (headers.ContainsKey(header)) { return headers.ContainsKey(OriginalFor) || IsTrusted(ClientAddress.Of(context)) ? null : header; }
        }

        return null;
    }

    private bool IsTrusted(IPAddress? peer) => peer is not null && trusted.Value.KnownIPNetworks.Any(network => network.Contains(peer));

    [LoggerMessage(
        LogLevel.Warning,
        "{Peer} sends {Header} and is not among Bff:TrustedProxies: the header is ignored, and all its clients are one address to rate limits and log. "
        + "If it is your proxy, add its address. This is said once.")]
    private partial void Said(IPAddress? peer, string header);
}

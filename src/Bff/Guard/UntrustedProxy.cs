using System.Net;

namespace Bff.Guard;

/// <summary>Says once that somebody forwards requests whose word does not count: seldom an attack, mostly a proxy in front that <c>Bff:TrustedProxies</c> leaves out.</summary>
internal sealed partial class UntrustedProxy(RequestDelegate next, ILogger<UntrustedProxy> logger)
{
    private const string ForwardedFor = "X-Forwarded-For", OriginalFor = "X-Original-For";

    private int _said;

    /// <summary>After the forwarded headers of trusted proxies, which leave a mark.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var isUnheard = headers.ContainsKey(ForwardedFor) && !headers.ContainsKey(OriginalFor);
        if (isUnheard && Volatile.Read(ref _said) == 0 && Interlocked.Exchange(ref _said, 1) == 0) { Said(ClientAddress.Of(context)); }
        return next(context);
    }

    [LoggerMessage(LogLevel.Warning, "{Peer} sends X-Forwarded-For and is not among Bff:TrustedProxies: its word does not count, and all its clients are one address to rate limits and log. "
        + "If it is your proxy, add its address. This is said once.")]
    private partial void Said(IPAddress? peer);
}

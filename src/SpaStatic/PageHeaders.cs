using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary>The security headers of every answer. Only the silent page may be shown in a frame, and only in one of ours.</summary>
internal sealed class PageHeaders(RequestDelegate next, IOptions<SpaOptions> options)
{
    private readonly string _page = ContentSecurityPolicy(options.Value, frameAncestors: "'none'");
    private readonly string _silent = ContentSecurityPolicy(options.Value, frameAncestors: "'self'");

    public Task InvokeAsync(HttpContext context)
    {
        var isSilent = context.Request.Path.StartsWithSegments("/silent");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = isSilent ? _silent : _page;
        headers.XFrameOptions = isSilent ? "SAMEORIGIN" : "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers.CacheControl = "no-cache"; // kept, but asked for again: a new version is seen on the next load
        return next(context);
    }

    private static string ContentSecurityPolicy(SpaOptions options, string frameAncestors) => string.Join("; ",
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        $"img-src 'self' {options.BffOrigin}",
        $"connect-src 'self' {options.BffOrigin} {options.BffSocketOrigin}",
        // The invisible frame goes from Bff to the provider and back before it ends on our silent page.
        $"frame-src {string.Join(' ', ["'self'", options.BffOrigin, .. options.FrameOrigins])}",
        $"frame-ancestors {frameAncestors}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'");
}

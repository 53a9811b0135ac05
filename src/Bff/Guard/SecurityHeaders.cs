using Microsoft.Net.Http.Headers;

namespace Bff.Guard;

/// <summary>Headers every answer carries; what an upstream set itself stays.</summary>
internal static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            if (!headers.Vary.Any(value => value?.Contains("Origin", StringComparison.OrdinalIgnoreCase) == true)) { headers.Append(HeaderNames.Vary, "Origin"); }
            if (IsOurs(context))
            {
                headers.TryAdd("Content-Security-Policy", Problem.ContentSecurityPolicy);
                headers.CacheControl = "no-store";
            }

            return Task.CompletedTask;
        });
        return next();
    });

    /// <summary>The silent login lives in a frame of the page and only redirects, so it must not forbid framing.</summary>
    private static bool IsOurs(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/bff") && !context.Request.Path.StartsWithSegments("/bff/silent-login");
}

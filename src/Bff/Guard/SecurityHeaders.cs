using Microsoft.Net.Http.Headers;

namespace Bff.Guard;

/// <summary>Headers of every response; what an upstream set itself stays.</summary>
internal static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            if (!headers.Vary.Any(value => value?.Contains("Origin", StringComparison.OrdinalIgnoreCase) == true))
            {
                headers.Append(HeaderNames.Vary, "Origin");
            }
            if (OwnPaths.Has(context.Request.Path))
            {
                if (context.GetEndpoint()?.Metadata.GetMetadata<SharedResponse>() is null) { headers.CacheControl = "no-store"; }
                if (!IsFramed(context.Request.Path)) { headers.TryAdd("Content-Security-Policy", Problem.ContentSecurityPolicy); }

                // Pages on other ports read us by CORS, which this does not touch; what asks without is no page of ours. A frame's page may insist on the
                // header.
                headers.TryAdd("Cross-Origin-Resource-Policy", IsFramed(context.Request.Path) ? "same-site" : "same-origin");
            }

            return Task.CompletedTask;
        });
        return next();
    });

    /// <summary>The silent login lives in a frame of the page, comes back to it, and only redirects, so it must not forbid framing.</summary>
    private static bool IsFramed(PathString path) => path.StartsWithSegments("/bff/silent-login") || !path.StartsWithSegments("/bff");
}

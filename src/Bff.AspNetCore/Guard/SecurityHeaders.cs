using Microsoft.Extensions.Primitives;

namespace Bff.Guard;

/// <summary>Headers of every response; what an upstream set itself stays.</summary>
internal static class SecurityHeaders
{
    /// <summary>What nearly every response of a route with a session depends on.</summary>
    private static readonly StringValues CookieAndOrigin = new(["Cookie", "Origin"]);

    private static readonly Func<object, Task> AddWhenStarting = context =>
    {
        AddTo((HttpContext)context);
        return Task.CompletedTask;
    };

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(AddWhenStarting, context);
        return next(context);
    });

    private static void AddTo(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        headers.TryAdd("Referrer-Policy", "no-referrer");
        if (!Names(headers.Vary, "Origin")) { headers.Vary = headers.Vary == "Cookie" ? CookieAndOrigin : StringValues.Concat(headers.Vary, "Origin"); }
        if (!OwnPaths.Has(context.Request.Path)) { return; }
        if (context.GetEndpoint()?.Metadata.GetMetadata<SharedResponse>() is null) { headers.CacheControl = "no-store"; }
        var isFramed = IsFramed(context.Request.Path);
        if (!isFramed) { headers.TryAdd("Content-Security-Policy", Problem.ContentSecurityPolicy); }

        // Pages on other ports read us by CORS, which this does not touch; what asks without is no page of ours. A frame's page may insist on the header.
        headers.TryAdd("Cross-Origin-Resource-Policy", isFramed ? "same-site" : "same-origin");
    }

    private static bool Names(StringValues list, string name)
    {
        foreach (var line in list)
        {
            if (line?.Contains(name, StringComparison.OrdinalIgnoreCase) == true) { return true; }
        }

        return false;
    }

    /// <summary>The silent login lives in a frame of the page, comes back to it, and only redirects, so it must not forbid framing.</summary>
    private static bool IsFramed(PathString path) => path.StartsWithSegments("/bff/silent-login") || !path.StartsWithSegments("/bff");
}

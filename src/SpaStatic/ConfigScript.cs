using System.Text.Json;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary><c>GET /config.js</c>: tells the page where Bff is, so that the same files serve every environment.</summary>
internal static class ConfigScript
{
    public static IResult Handle(HttpContext context, IOptions<SpaOptions> options)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Text($"export const bffUrl = {JsonSerializer.Serialize(options.Value.BffOrigin)};\n", "text/javascript; charset=utf-8");
    }
}

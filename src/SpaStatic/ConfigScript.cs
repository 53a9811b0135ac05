using System.Text.Json;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary><c>GET /config.js</c>: tells the page about the world around it, so that the same files serve every environment.</summary>
internal static class ConfigScript
{
    public static IResult Handle(HttpContext context, IOptions<SpaOptions> options, IHostEnvironment environment)
    {
        context.Response.Headers.CacheControl = "no-store";
        var prefix = FrontEndPage.PrefixOf(context.Request);
        var script = $"""
            export const bffUrl = {JsonSerializer.Serialize(prefix.Length > 0 ? prefix : options.Value.BffAddress)};
            export const development = {JsonSerializer.Serialize(environment.IsDevelopment())};
            export const demo = {JsonSerializer.Serialize(options.Value.Demo, JsonSerializerOptions.Web)};

            """;
        return Results.Text(script, "text/javascript; charset=utf-8");
    }
}

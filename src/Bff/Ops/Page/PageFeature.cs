using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Bff.Ops.Page;

/// <summary>The ops page: files that are part of the program, the same for everybody. What they show they ask for, and that needs the token.</summary>
internal static class PageFeature
{
    /// <summary>How the files are called among the program's resources.</summary>
    private const string Prefix = "ops/";

    private const string Index = "index.html";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
        + "'none'; require-trusted-types-for 'script'";

    private static readonly Assembly Program = typeof(PageFeature).Assembly;

    public static void MapPage(this IEndpointRouteBuilder ops)
    {
        var types = new FileExtensionContentTypeProvider();
        foreach (var resource in Program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var name = resource[Prefix.Length..];
            var content = Read(resource);
            var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
            ops.MapGet(name == Index ? "/" : "/" + name, (HttpContext context) => Respond(context, content, type, tag)).WithMetadata(new OpenToProbes());
        }
    }

    private static IResult Respond(HttpContext context, byte[] content, string type, EntityTagHeaderValue tag)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers.CacheControl = "no-cache";   // kept, but asked for again: a new version is seen on the next load
        return Results.Bytes(content, type, entityTag: tag);
    }

    private static byte[] Read(string resource)
    {
        using var stream = Program.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}

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

    /// <summary>What draws the charts. A program built without Node.js has none, and the page does without.</summary>
    private static readonly string[] Charts = ["uplot.js", "uplot.css"];

    /// <param name="ops">Where.</param>
    /// <param name="read">What the program has under a name; null when it was built without.</param>
    public static void MapPage(this IEndpointRouteBuilder ops, Func<string, byte[]?> read)
    {
        var types = new FileExtensionContentTypeProvider();
        var files = typeof(PageFeature).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]);
        foreach (var name in files.Union(Charts))
        {
            if (read(Prefix + name) is not { } content)
            {
                ops.MapGet("/" + name, () => PageFile.NotBuilt).WithMetadata(new OpenToProbes());
                continue;
            }

            var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
            ops.MapGet(name == Index ? "/" : "/" + name, (HttpContext context) => Respond(context, content, type, tag)).WithMetadata(new OpenToProbes());
        }
    }

    public static byte[]? Read(string name) => PageFile.Read(typeof(PageFeature).Assembly, name);

    private static IResult Respond(HttpContext context, byte[] content, string type, EntityTagHeaderValue tag)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers.CacheControl = "no-cache";   // kept, but asked for again: a new version is seen on the next load
        return Results.Bytes(content, type, entityTag: tag);
    }
}

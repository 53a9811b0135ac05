using System.IO.Compression;
using System.Security.Cryptography;
using Bff.Guard;
using Microsoft.Net.Http.Headers;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/bff.js</c>: the page script of this very version. The same for everybody, so it is served before anything is required of the caller; a page of
/// another origin may import it.
/// </summary>
internal static class ScriptEndpoint
{
    /// <summary>How the files are called among the program's resources.</summary>
    private const string Prefix = "script/";

    private const string Immutable = "public, max-age=31536000, immutable", Revalidated = "no-cache";

    /// <param name="routes">Where.</param>
    /// <param name="read">What the program has under a name; null when it was built without.</param>
    public static void Map(IEndpointRouteBuilder routes, Func<string, byte[]?> read)
    {
        Map("bff.js", "text/javascript; charset=utf-8");
        Map("bff.js.map", "application/json");

        void Map(string name, string type)
        {
            var file = new Lazy<EncodedFile?>(() => read(Prefix + name) is { } content ? EncodedFile.Of(content) : null);
            routes.MapMethods("/bff/" + name, [HttpMethods.Get, HttpMethods.Head], (HttpContext context) => Respond(context, file.Value, type))
                .AllowAnonymous().WithMetadata(new SharedResponse()).ShortCircuit();
        }
    }

    private static IResult Respond(HttpContext context, EncodedFile? file, string type)
    {
        if (BodyLimit.IsExceeded(context)) { return BodyLimit.TooLarge; }   // a short-circuited endpoint comes before it
        if (file is null) { return PageFile.NotBuilt; }
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        headers.CacheControl = context.Request.Query["v"] == file.Hash ? Immutable : Revalidated;   // a version may be built twice, from different scripts
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        var (content, encoding) = file.For(context.Request);
        if (encoding is not null) { headers.ContentEncoding = encoding; }
        return Results.Bytes(content, type, entityTag: new EntityTagHeaderValue($"\"{file.Hash}{(encoding is null ? "" : "-" + encoding)}\""));
    }

    /// <summary>A file as it is and compressed, once for all who ask.</summary>
    /// <param name="Hash">The first 16 digits of its SHA-256, which the <c>ETag</c> begins with: <c>?v=</c> this, it never changes.</param>
    /// <param name="Plain">As it is.</param>
    /// <param name="Gzip">Compressed.</param>
    /// <param name="Brotli">Compressed better.</param>
    private sealed record EncodedFile(string Hash, byte[] Plain, byte[] Gzip, byte[] Brotli)
    {
        public static EncodedFile Of(byte[] content) => new(
            Convert.ToHexStringLower(SHA256.HashData(content))[..16],
            content,
            Compress(content, stream => new GZipStream(stream, CompressionLevel.SmallestSize)),
            Compress(content, stream => new BrotliStream(stream, CompressionLevel.SmallestSize)));

        public (byte[] Content, string? Encoding) For(HttpRequest request)
        {
            var accepted = request.GetTypedHeaders().AcceptEncoding.Where(encoding => encoding.Quality != 0).Select(encoding => $"{encoding.Value}").ToList();
            if (accepted.Contains("br", StringComparer.OrdinalIgnoreCase)) { return (Brotli, "br"); }
            return accepted.Contains("gzip", StringComparer.OrdinalIgnoreCase) ? (Gzip, "gzip") : (Plain, null);
        }

        private static byte[] Compress(byte[] content, Func<Stream, Stream> into)
        {
            using var result = new MemoryStream();
            using (var stream = into(result)) { stream.Write(content); }
            return result.ToArray();
        }
    }
}

using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary>
/// The page of one of several front ends: under its own title and, where Bff serves it below a path (<c>X-Forwarded-Prefix</c>), with its files below that path.
/// </summary>
internal sealed partial class FrontEndPage(RequestDelegate next, IWebHostEnvironment environment, IOptions<SpaOptions> options)
{
    private const string Brand = ">Bff</a>", Heading = "<title>Token renewal ·", Root = "<html lang=\"en\"";

    public Task InvokeAsync(HttpContext context)
    {
        var (request, prefix) = (context.Request, PrefixOf(context.Request));
        var isGet = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return isGet && (prefix.Length > 0 || options.Value.Title is not null) && FileFor(request.Path) is { } file
            ? WriteAsync(context, file, prefix)
            : next(context);
    }

    /// <returns>Empty when there is none. Anybody may write the header, so that only what is a plain path counts.</returns>
    public static string PrefixOf(HttpRequest request) =>
        request.Headers["X-Forwarded-Prefix"].ToString() is var prefix && PlainPath().IsMatch(prefix) ? prefix : "";

    /// <returns>Null for what is no page.</returns>
    private static string? FileFor(PathString path) => path.Value switch
    {
        "/silent" or "/silent.html" => "silent.html",
        "/" or "/index.html" => "index.html",
        { } other when Path.HasExtension(other) || path.StartsWithSegments("/api") || path.StartsWithSegments("/bff") || other == "/config.js" => null,
        _ => "index.html",
    };

    private async Task WriteAsync(HttpContext context, string file, string prefix)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(environment.WebRootPath, file), context.RequestAborted);
        var title = HtmlEncoder.Default.Encode(options.Value.Title ?? NameOf(prefix));
        text = FromTheRoot().Replace(text, prefix + "/")
            .Replace(Brand, $">{title}</a>", StringComparison.Ordinal)
            .Replace(Heading, $"<title>{title} ·", StringComparison.Ordinal)
            .Replace(Root, $"{Root} data-front-end", StringComparison.Ordinal);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>"Third" of <c>/third</c>.</summary>
    private static string NameOf(string prefix) => $"{char.ToUpperInvariant(prefix[1])}{prefix[2..]}";

    [GeneratedRegex("(?<=(?: href| src| data-source)=\")/")]
    private static partial Regex FromTheRoot();

    [GeneratedRegex(@"\A(?:/[\w~-]+)+\z")]
    private static partial Regex PlainPath();
}

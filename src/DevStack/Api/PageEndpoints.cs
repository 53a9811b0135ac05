using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.Net.Http.Headers;

namespace DevStack.Api;

/// <summary>What the whole tab goes to: a page behind the sign-in, and a file to download, also in parts.</summary>
internal static class PageEndpoints
{
    private const string Style = "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}";

    private static readonly string Policy =
        $"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + $"style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'";

    private static readonly byte[] Report = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(1, 20_000).Select(line => $"Line {line} of a report that is worth a download.\n")));

    private static readonly EntityTagHeaderValue Version = new($"\"{Convert.ToHexStringLower(SHA256.HashData(Report))[..16]}\"");

    public static void MapPages(this WebApplication app)
    {
        var pages = app.MapGroup("/api/pages").RequireAuthorization();
        pages.MapGet("/hello", Hello);
        pages.MapGet("/report.txt", () => Results.Bytes(Report, "text/plain; charset=utf-8", "report.txt", enableRangeProcessing: true, entityTag: Version));
    }

    private static IResult Hello(ClaimsPrincipal user, HttpRequest request, HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        var encode = HtmlEncoder.Default;
        return Results.Text(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>Behind the sign-in</title><style>{Style}</style></head>
            <body><main><h1>Hello {encode.Encode(user.FindFirstValue("sub") ?? "")}</h1>
            <p>This page came from the API with your token. Its address is <code id="address">{encode.Encode(request.Path + request.QueryString)}</code>.</p>
            </main></body></html>
            """,
            "text/html; charset=utf-8");
    }
}

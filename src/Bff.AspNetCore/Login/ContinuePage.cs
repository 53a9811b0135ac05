using System.Text.Encodings.Web;

namespace Bff.Login;

/// <summary>
/// A page that goes on by itself. Where a redirect from another site's page leads, no <c>SameSite=Strict</c> cookie comes along; where a page of our own
/// leads, it does.
/// </summary>
internal sealed record ContinuePage(string Url) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var url = HtmlEncoder.Default.Encode(Url);
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers[Problem.OpenerPolicy] = Problem.OpenerPolicyValue;
        response.Headers.ContentSecurityPolicy = Problem.ContentSecurityPolicy;
        return response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="0;url={url}">
            <title>One moment</title></head><body><p><a href="{url}">Continue</a></p></body></html>
            """);
    }
}

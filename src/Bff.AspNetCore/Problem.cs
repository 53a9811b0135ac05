using System.Globalization;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Mvc;

namespace Bff;

/// <summary>An error response (RFC 9457) with a <c>code</c> that stays the same between releases; a plain page for a browser that navigated here.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">The stable name, for programs.</param>
/// <param name="Title">One sentence for people.</param>
/// <param name="Detail">What to do about it. An address of ours in it, such as <c>/bff/login</c>, is sent as this front end has it.</param>
/// <param name="RetryAfter">When asking again may help; sent as <c>Retry-After</c> in whole seconds.</param>
internal sealed record Problem(int Status, string Code, string Title, string? Detail = null, TimeSpan? RetryAfter = null) : IResult
{
    /// <summary>For pages and responses of our own: nothing to load, nothing to frame.</summary>
    public const string ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>For pages of our own and redirects of a callback: a foreign page that opened the tab loses it, and does not learn where it went.</summary>
    public const string OpenerPolicy = "Cross-Origin-Opener-Policy", OpenerPolicyValue = "same-origin";

    /// <summary>Where the code of the response is left on the request, for the access log.</summary>
    public const string CodeItem = "bff.code";

    private const string PageStyle =
        "body{font:1.05rem/1.6 system-ui,sans-serif;display:grid;min-height:90vh;place-content:center;margin:0;padding:1rem}"
        + "main{max-width:34rem}h1{font-size:1.5rem;line-height:1.3}small{opacity:.7}";

    private static readonly string PagePolicy =
        $"{ContentSecurityPolicy}; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(PageStyle)))}'";

    public static readonly Problem NotFound = new(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.");

    public static readonly Problem SignInRequired = new(
        StatusCodes.Status401Unauthorized, "session_required", "You are not signed in.", "Sign in at /bff/login.");

    /// <summary>Why the session is over, where that is known (<c>reason</c>); null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>The provider's own code, where it is about that (<c>providerError</c>); null otherwise.</summary>
    public string? ProviderError { get; init; }

    /// <summary>The policy of the configuration that refused (<c>policy</c>); null where none did.</summary>
    public string? Policy { get; init; }

    /// <summary>Where a person signs in again; keeps the page they wanted. Null for the plain way.</summary>
    public string? SignInUrl { get; init; }

    /// <summary>Where a person finds what they were looking for; null for the ways above.</summary>
    public string? PageUrl { get; init; }

    /// <summary>
    /// On a request of somebody who is better led on than told that they are not signed in: what to do in the place of a problem with 401. It is taken off the
    /// request before it is done.
    /// </summary>
    public sealed record Instead(Func<HttpContext, Problem, Task> RespondAsync);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (Status != StatusCodes.Status401Unauthorized || httpContext.Features.Get<Instead>() is not { } instead)
        {
            return WriteAsync(httpContext);
        }

        httpContext.Features.Set<Instead>(null);
        return instead.RespondAsync(httpContext, this);
    }

    private async Task WriteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        httpContext.Items[CodeItem] = Code;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (WantsPage(httpContext.Request)) { await WritePageAsync(response, httpContext.Request.PathBase); }
        else { await WriteJsonAsync(response, httpContext.Request.PathBase); }
    }

    private Task WriteJsonAsync(HttpResponse response, PathString pathBase)
    {
        var details = new ProblemDetails
        {
            Status = Status, Title = Title, Detail = DetailBelow(pathBase), Type = "about:blank", Extensions = { ["code"] = Code },
        };
        if (Reason is not null) { details.Extensions["reason"] = Reason; }
        if (ProviderError is not null) { details.Extensions["providerError"] = ProviderError; }
        if (Policy is not null) { details.Extensions["policy"] = Policy; }
        return response.WriteAsJsonAsync(details, OwnJson.Options, MediaTypeNames.Application.ProblemJson);
    }

    private Task WritePageAsync(HttpResponse response, PathString pathBase)
    {
        var encode = HtmlEncoder.Default;
        var link = WayOn(pathBase) is var (url, words) ? $"<p><a href=\"{encode.Encode(url)}\">{words}</a></p>" : "";
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = PagePolicy;
        response.Headers[OpenerPolicy] = OpenerPolicyValue;
        return response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{encode.Encode(Title)}</title><style>{PageStyle}</style></head>
            <body><main><h1>{encode.Encode(Title)}</h1><p>{encode.Encode(DetailBelow(pathBase) ?? "")}</p>{link}<p><small>{Status} {encode.Encode(Code)}</small></p></main></body></html>
            """);
    }

    private string? DetailBelow(PathString pathBase) =>
        pathBase.HasValue ? Detail?.Replace(" /bff/", $" {pathBase.Value}/bff/", StringComparison.Ordinal) : Detail;

    /// <summary>To sign in does not help who asks for what is not there.</summary>
    private (string Url, string Words)? WayOn(PathString pathBase) => this switch
    {
        { PageUrl: { } page } => (page, "Open the page"),
        { SignInUrl: { } signIn } => (signIn, "Sign in again"),
        { RetryAfter: not null } => ("", "Try again"),   // an empty link is this page
        { Status: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed } => null,
        _ => (pathBase + "/bff/login", "Sign in"),
    };

    /// <summary>A browser that navigated here, by a link or by a form, not a script.</summary>
    public static bool WantsPage(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.Headers["Sec-Fetch-Mode"] == "navigate")
        && request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);
}

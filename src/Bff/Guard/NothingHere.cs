using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// No endpoint and no route takes this path. A developer who opens Bff's address as if it were the page's is told so, and what there is to do about it; anybody
/// else is told that there is no page.
/// </summary>
internal sealed class NothingHere(RequestDelegate next, IOptions<SpaOptions> atStart, IOptionsMonitor<SpaOptions> spa, IHostEnvironment environment)
{
    private const string Cure =
        "This is Bff: it signs users in and forwards calls to APIs. Open the page at its own address, or let Bff serve it here: set Bff:Spa:Url.";

    private static readonly Problem NoPage = new(
        StatusCodes.Status404NotFound, "no_page_here", "There is no page at this address.", "The address may be mistyped, or the page may have moved.");

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint() is null && !HttpMethods.IsTrace(context.Request.Method) ? ProblemOf(context.Request).ExecuteAsync(context) : next(context);

    private Problem ProblemOf(HttpRequest request)
    {
        var wantsPage = Problem.WantsPage(request) && atStart.Value.Url is null;
        if (!environment.IsDevelopment()) { return wantsPage ? NoPage : Problem.NotFound; }
        if (!wantsPage) { return Problem.NotFound with { Detail = "No route of ReverseProxy:Routes matches it." }; }
        var origins = spa.CurrentValue.Origins;
        return origins.Length == 0 ? NoPage with { Detail = $"{Cure} No page may call it yet: Bff:Spa:Origins is empty." } : NoPage with
        {
            Detail = $"{Cure} Pages of {string.Join(", ", origins)} may call it.",
            PageUrl = origins[0] + request.Path.ToUriComponent() + request.QueryString,
        };
    }
}

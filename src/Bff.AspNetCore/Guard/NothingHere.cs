using Bff.FrontEnds;

namespace Bff.Guard;

/// <summary>
/// No endpoint and no route takes this path. A developer who opens Bff's address as if it were the page's is told so, and what there is to do about it; anybody
/// else is told that there is no page.
/// </summary>
internal sealed class NothingHere(RequestDelegate next, FrontEndSet frontEnds, IHostEnvironment environment)
{
    private const string About =
        "This is Bff: it signs users in and forwards calls to APIs. Open the page at its own address, or "
        + "let Bff serve it here: set ";

    private static readonly Problem NoPage = new(
        StatusCodes.Status404NotFound, "no_page_here", "There is no page at this address.", "The address may be mistyped, or the page may have moved.");

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint() is null && !HttpMethods.IsTrace(context.Request.Method)
            ? ProblemOf(context.Request, frontEnds.Of(context)).ExecuteAsync(context)
            : next(context);

    private Problem ProblemOf(HttpRequest request, FrontEnd frontEnd)
    {
        var wantsPage = Problem.WantsPage(request) && frontEnd.Url is null;
        if (!environment.IsDevelopment()) { return wantsPage ? NoPage : Problem.NotFound; }
        if (!wantsPage) { return Problem.NotFound with { Detail = "No route of ReverseProxy:Routes matches it." }; }
        var (origins, cure) = (frontEnd.Origins, $"{About}{frontEnd.Section}:Url.");
        return origins.Count == 0 ? NoPage with { Detail = $"{cure} No page may call it yet: {frontEnd.Section}:Origins is empty." } : NoPage with
        {
            Detail = $"{cure} Pages of {string.Join(", ", origins)} may call it.",
            PageUrl = origins[0] + request.Path.ToUriComponent() + request.QueryString,
        };
    }
}

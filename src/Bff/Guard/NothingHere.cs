using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// No endpoint and no route takes this path. Whoever opens Bff's address as if it were the page's is told so, and what there is to do about it; to anybody else than
/// a developer it does not say where the page is.
/// </summary>
internal sealed class NothingHere(RequestDelegate next, IOptionsMonitor<SpaOptions> spa, IHostEnvironment environment)
{
    private const string Cure = "Open the page at its own address, or let Bff serve it from this one: Bff:Spa:Url.";

    private static readonly Problem NotFound = new(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.", "No route of ReverseProxy:Routes takes it.");

    private static readonly Problem NoPage = new(
        StatusCodes.Status404NotFound, "no_page_here", "There is no page at this address.", $"This is Bff: it signs users in and forwards calls to APIs. {Cure}");

    public Task InvokeAsync(HttpContext context) => context.GetEndpoint() is null ? ProblemOf(context.Request).ExecuteAsync(context) : next(context);

    private Problem ProblemOf(HttpRequest request)
    {
        if (!Problem.WantsPage(request) || spa.CurrentValue.Url is not null) { return NotFound; }
        if (!environment.IsDevelopment()) { return NoPage; }
        return spa.CurrentValue.Origins is [var origin, ..]
            ? NoPage with { Detail = $"{NoPage.Detail} Pages of {string.Join(", ", spa.CurrentValue.Origins)} may call it.", PageUrl = origin + request.Path.ToUriComponent() + request.QueryString }
            : NoPage with { Detail = $"{NoPage.Detail} No page may call it yet: Bff:Spa:Origins is empty." };
    }
}

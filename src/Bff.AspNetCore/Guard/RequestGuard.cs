using Bff.FrontEnds;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Bff.Guard;

/// <summary>
/// Refuses forged requests before any session is read. A page of another site can make a browser send our cookie, but it cannot add a header without asking
/// by CORS first. The cookie's SameSite is no defence of its own: sites that differ in the port only are the same site.
/// </summary>
internal sealed class RequestGuard(RequestDelegate next, FrontEndSet frontEnds, Refusals refusals)
{
    private const string Header = $"{CsrfHeaderRequired.Name}: {CsrfHeaderRequired.Value}";

    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsTrace(context.Request.Method)) { return refusals.RefuseAsync(context, new Problem(405, "method_not_allowed", "TRACE is off.")); }
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<TokenInstead>() is not null && TokenInstead.IsNobodysSession(context.Request)) { return next(context); }
        var header = metadata?.GetMetadata<CsrfHeaderRequired>();
        var originWillDo = metadata?.GetMetadata<OriginRequired>() is not null
            || (metadata?.GetMetadata<WebSocketOriginRequired>() is not null && IsBrowsersWebSocket(context));
        if (!originWillDo && header is null) { return next(context); }
        var objection = Objection(context, originWillDo || IsWebSocket(context), header?.Mode ?? CsrfMode.Header);
        return objection is null ? next(context) : refusals.RefuseAsync(context, objection);
    }

    /// <param name="context">The request.</param>
    /// <param name="originWillDo">No script can add a header here (a WebSocket handshake, an <c>EventSource</c>): who asks must be known another way.</param>
    /// <param name="mode">What else will do than the header.</param>
    private Problem? Objection(HttpContext context, bool originWillDo, CsrfMode mode)
    {
        var (request, hasHeader) = (context.Request, CsrfHeaderRequired.IsOn(context.Request));
        var needsNoScript = mode != CsrfMode.Header && !originWillDo && FetchMetadata.IsSafe(request);
        if (!StringValues.IsNullOrEmpty(request.Headers.Origin))
        {
            var frontEnd = frontEnds.Of(context);
            if (!IsAllowed(frontEnd, request.Headers.Origin.ToString(), request))
            {
                var cure = $"Add it to {frontEnd.Section}:Origins if it is one of your front ends.";
                return Forbidden(Refusals.OriginNotAllowed, "This origin may not call the proxy.", cure);
            }

            if (needsNoScript) { return null; }
        }
        else if (needsNoScript && IsKnownWithoutOrigin(request, mode)) { return null; }
        else if (FetchMetadata.IsCrossSite(request))
        {
            return Forbidden("cross_site_request", "Requests from other sites are refused.", null);
        }
        else if (originWillDo && !FetchMetadata.IsSameOrigin(request) && !hasHeader)
        {
            return Forbidden(
                "origin_required",
                "This request must have an Origin header.",
                "A browser sends it with WebSocket handshakes and with event streams from another origin.");
        }

        return originWillDo || hasHeader ? null : HeaderMissing(needsNoScript);
    }

    /// <summary>
    /// Our own origin's page; or, where pages are, whoever sends the whole tab there: no page reads what comes, and only what a link does can be done. Which
    /// page of the same site it was the browser does not say, so "same-site" is anybody's: a sibling subdomain, another port.
    /// </summary>
    private static bool IsKnownWithoutOrigin(HttpRequest request, CsrfMode mode) => FetchMetadata.IsSameOrigin(request)
        || (mode == CsrfMode.Navigation && (FetchMetadata.IsOfUser(request) || FetchMetadata.IsTopLevel(request)));

    private static Problem HeaderMissing(bool needsNoScript) => Forbidden(
        "csrf_header_missing",
        "The CSRF header is missing.",
        needsNoScript
            ? $"A page of this origin needs none for a GET. One of another origin has to send its Origin (crossorigin=\"use-credentials\"), or '{Header}'."
            : $"Send '{Header}' with every request.");

    /// <summary>A handshake without origin and cookies is a program's: no browser sends one.</summary>
    private static bool IsBrowsersWebSocket(HttpContext context) =>
        IsWebSocket(context) && (!StringValues.IsNullOrEmpty(context.Request.Headers.Origin) || !StringValues.IsNullOrEmpty(context.Request.Headers.Cookie));

    private static bool IsWebSocket(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static bool IsAllowed(FrontEnd frontEnd, string origin, HttpRequest request) =>
        frontEnd.Allows(origin) || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private static Problem Forbidden(string code, string title, string? detail) => new(StatusCodes.Status403Forbidden, code, title, detail);
}

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
    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsTrace(context.Request.Method)) { return refusals.RefuseAsync(context, new Problem(405, "method_not_allowed", "TRACE is off.")); }
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<TokenInstead>() is not null && TokenInstead.IsNobodysSession(context.Request)) { return next(context); }
        var originWillDo = metadata?.GetMetadata<OriginRequired>() is not null
            || (metadata?.GetMetadata<WebSocketOriginRequired>() is not null && IsBrowsersWebSocket(context));
        if (!originWillDo && metadata?.GetMetadata<CsrfHeaderRequired>() is null) { return next(context); }
        return Objection(context, originWillDo || IsWebSocket(context)) is { } problem ? refusals.RefuseAsync(context, problem) : next(context);
    }

    /// <param name="context">The request.</param>
    /// <param name="originWillDo">No script can add a header here (a WebSocket handshake, an <c>EventSource</c>): who asks must be known another way.</param>
    private Problem? Objection(HttpContext context, bool originWillDo)
    {
        var headers = context.Request.Headers;
        if (!StringValues.IsNullOrEmpty(headers.Origin))
        {
            var frontEnd = frontEnds.Of(context);
            if (!IsAllowed(frontEnd, headers.Origin.ToString(), context.Request))
            {
                var cure = $"Add it to {frontEnd.Section}:Origins if it is one of your front ends.";
                return Forbidden(Refusals.OriginNotAllowed, "This origin may not call the proxy.", cure);
            }
        }
        else if (headers["Sec-Fetch-Site"] == "cross-site")
        {
            return Forbidden("cross_site_request", "Requests from other sites are refused.", null);
        }
        else if (originWillDo && headers["Sec-Fetch-Site"] != "same-origin" && headers[CsrfHeaderRequired.Name] != CsrfHeaderRequired.Value)
        {
            return Forbidden(
                "origin_required",
                "This request must have an Origin header.",
                "A browser sends it with WebSocket handshakes and with event streams from another origin.");
        }

        return originWillDo || headers[CsrfHeaderRequired.Name] == CsrfHeaderRequired.Value
            ? null
            : Forbidden(
                "csrf_header_missing", "The CSRF header is missing.", $"Send '{CsrfHeaderRequired.Name}: {CsrfHeaderRequired.Value}' with every request.");
    }

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

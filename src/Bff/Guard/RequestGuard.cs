using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Bff.Guard;

/// <summary>Endpoint metadata: a browser may come here by script only, with the <c>X-CSRF: 1</c> header and from our own or an allowed origin.</summary>
internal sealed class CsrfHeaderRequired
{
    public const string Name = "X-CSRF";
    public const string Value = "1";
}

/// <summary>
/// Refuses forged requests before any session is read. A page of another site can make a browser send our cookie, but it cannot add a header without asking
/// by CORS first. The cookie's SameSite is no defence of its own: sites that differ in the port only are the same site.
/// </summary>
internal sealed partial class RequestGuard(RequestDelegate next, IOptions<SpaOptions> spa, ILogger<RequestGuard> logger)
{
    private readonly HashSet<string> _origins = [.. spa.Value.Origins];

    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsTrace(context.Request.Method)) { return Refuse(context, new Problem(405, "method_not_allowed", "TRACE is off.")); }
        if (context.GetEndpoint()?.Metadata.GetMetadata<CsrfHeaderRequired>() is null) { return next(context); }
        return Objection(context) is { } problem ? Refuse(context, problem) : next(context);
    }

    private Problem? Objection(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (!StringValues.IsNullOrEmpty(headers.Origin))
        {
            if (!IsAllowed(headers.Origin.ToString(), context.Request))
            {
                return Forbidden("origin_not_allowed", "This origin may not call the proxy.", "Add it to Bff:Spa:Origins if it is one of your front ends.");
            }
        }
        else if (headers["Sec-Fetch-Site"] == "cross-site")
        {
            return Forbidden("cross_site_request", "Requests from other sites are refused.", null);
        }
        else if (IsWebSocket(context))
        {
            return Forbidden("origin_required", "A WebSocket handshake must carry an Origin.", null);
        }

        // A browser cannot add headers to a WebSocket handshake; its Origin has been checked instead.
        if (headers[CsrfHeaderRequired.Name] == CsrfHeaderRequired.Value || IsWebSocket(context)) { return null; }
        return Forbidden("csrf_header_missing", "The CSRF header is missing.", $"Send '{CsrfHeaderRequired.Name}: {CsrfHeaderRequired.Value}' with every request.");
    }

    private static bool IsWebSocket(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private bool IsAllowed(string origin, HttpRequest request) =>
        _origins.Contains(origin) || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private Task Refuse(HttpContext context, Problem problem)
    {
        Refused(problem.Code, context.GetEndpoint()?.DisplayName);
        return problem.ExecuteAsync(context);
    }

    private static Problem Forbidden(string code, string title, string? detail) => new(StatusCodes.Status403Forbidden, code, title, detail);

    [LoggerMessage(LogLevel.Warning, "A request to {Endpoint} was refused: {Code}.")]
    private partial void Refused(string code, string? endpoint);
}

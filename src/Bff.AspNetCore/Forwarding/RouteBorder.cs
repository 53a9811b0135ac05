using System.Collections.Frozen;
using Bff.Forwarding.PassThrough;
using Bff.Guard;
using Bff.Sessions.Authentication;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding;

/// <summary>What one route lets through to its upstream and back, decided when the route is loaded.</summary>
internal sealed partial class RouteBorder(
    RouteConfig route, RequestHeaderFilter requestHeaders, SessionCookie sessionCookie, LongLivedRequests longCalls, ConnectionLimits limits,
    ILogger<RouteBorder> logger)
{
    /// <summary>A body from this size on is sent only when the upstream asks for it.</summary>
    private const long Large = 1024 * 1024;

    private readonly bool _usesSession = TokenPolicies.UsesSession(route);
    private readonly CsrfMode _csrf = CsrfModes.Read(route.Metadata);
    private readonly bool _takesTokens = TokenPolicies.TakesTokens(route);
    private readonly FrozenSet<string>? _requestHeaders = HeaderNameList.Read(route.Metadata);

    /// <summary>
    /// A route that uses the session, or a caller's token, forwards no cookie: what its upstream is to know of the user, the token says. A list of headers names
    /// none either.
    /// </summary>
    private bool ForwardsCookies => !IsPersonal && _requestHeaders is null;

    private bool IsPersonal => _usesSession || _takesTokens;

    public void CleanRequest(RequestTransformContext request)
    {
        if (_takesTokens) { CallersTokenTransform.TakeOff(request.ProxyRequest); }   // a good one comes back later; nobody need be told
        var (source, target) = (request.HttpContext.Request, request.ProxyRequest);
        target.Headers.Remove(HeaderNames.Cookie);
        requestHeaders.Apply(source, target, _requestHeaders);
        if (ForwardsCookies && ForeignCookies(source) is { Length: > 0 } cookies) { target.Headers.TryAddWithoutValidation(HeaderNames.Cookie, cookies); }

        // The HTTP/1.1 client reads no response before it has sent the whole body (dotnet/runtime issue 119350); this way an upstream that refuses by the
        // head is noticed at once.
        if (source.ContentLength >= Large) { target.Headers.ExpectContinue = true; }
    }

    public async ValueTask CleanResponseAsync(ResponseTransformContext response)
    {
        if (response.ProxyResponse is not { } answer) { return; }   // there was none; UpstreamErrors says so
        var context = response.HttpContext;
        var wait = context.Features.Get<HeadersWait>();
        wait?.End();
        if (answer.RequestMessage?.Content is not null) { context.Features.Set(UpstreamErrors.Answered.Instance); }
        if (UpstreamResponse.Objection(context, answer) is { } reason)
        {
            Refused(route.RouteId, reason);
            await ReplaceAsync(response, UpstreamErrors.Invalid);
            return;
        }

        if (ProvenCalls.IsUnanswered(answer, out var maySendAgain))
        {
            if (!maySendAgain) { Refused(route.RouteId, "it asks for a nonce, and brings none or refuses the one it brought before"); }
            await ReplaceAsync(response, maySendAgain ? UpstreamErrors.ProofOutdated : UpstreamErrors.Invalid);
            return;
        }

        // Who asked for a stream may be quiet for as long as one, whatever came instead.
        var isStream = wait is not null || Upgrades.IsEventStream(context.Response);
        if (isStream && limits.TakePlace(context) is { } problem)
        {
            await ReplaceAsync(response, problem);
            return;
        }

        if (UpstreamResponse.HasNoBody(context.Response.StatusCode))
        {
            context.Response.ContentLength = null;
            response.SuppressResponseBody = true;
        }

        longCalls.Watch(context, answer, _usesSession ? context.FindSession()?.Id : null);
        UpstreamResponse.RemoveHopByHop(context, answer);
        UpstreamResponse.KeepOurCookies(context.Response.Headers, sessionCookie);
        context.Response.Headers.Remove(StepUp.Header);   // the API's word alone does not stand in a header that is ours
        if (!IsPersonal) { return; }
        if (_usesSession && _csrf != CsrfMode.Header) { FetchedResponse.Guard(context.Response.Headers, _csrf); }
        UpstreamResponse.MakePersonal(context.Response.Headers);
        if (_usesSession) { StepUpChallenge.Tell(context.Response.Headers, answer); }
    }

    private string ForeignCookies(HttpRequest request) => string.Join("; ", request.Headers.Cookie
        .SelectMany(
            line =>
                (line ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Where(pair =>
                    !UpstreamResponse.IsOurs(pair, sessionCookie)));

    private static Task ReplaceAsync(ResponseTransformContext response, Problem problem)
    {
        response.SuppressResponseBody = true;
        response.HttpContext.Response.Clear();
        return problem.ExecuteAsync(response.HttpContext);
    }

    [LoggerMessage(LogLevel.Warning, "The answer of the upstream of route {Route} was not passed on: {Reason}.")]
    private partial void Refused(string route, string reason);
}

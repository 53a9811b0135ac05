using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Forwarder;

namespace Bff.Forwarding;

/// <summary>
/// A step of YARP's pipeline: what YARP would send with an empty body, since no upstream responded, becomes a problem. A response of an upstream is never
/// touched, but where it only refused a token (<see cref="RefusedTokens"/>) the call goes through the pipeline once more.
/// </summary>
internal sealed class UpstreamErrors(RequestDelegate next)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private static readonly Problem TooLarge = new(StatusCodes.Status413PayloadTooLarge, "request_too_large", "The request is larger than this route allows.");

    public static readonly Problem TimedOut = new(
        StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The service behind this address took too long to respond.",
        "It may or may not have done what was asked.", RetryAfter);

    private static readonly Problem Unavailable = new(
        StatusCodes.Status502BadGateway, "upstream_unavailable", "The service behind this address cannot be reached.", "Try again in a moment.", RetryAfter);

    /// <summary>The response of an upstream that cannot be passed on.</summary>
    public static readonly Problem Invalid = new(
        StatusCodes.Status502BadGateway, "upstream_invalid_response", "The service behind this address sent a response that cannot be passed on.",
        "The proxy's log says why.", RetryAfter);

    /// <summary>RFC 9449 section 9: the upstream has told what it wants in the next proof, which is remembered.</summary>
    public static readonly Problem ProofOutdated = new(
        StatusCodes.Status503ServiceUnavailable, "proof_outdated", "The service behind this address wants a newer proof of who calls.",
        "It has done nothing yet. Send the request again.", TimeSpan.FromSeconds(1));

    /// <summary>The upstream has responded, perhaps without reading the request's body to its end, which YARP reports as an error.</summary>
    public sealed class Answered
    {
        public static readonly Answered Instance = new();
    }

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (RepeatedCall.Begins(context)) { await next(context); }
        if (context.Response.HasStarted || context.Features.Get<IForwarderErrorFeature>() is not { } error || ProblemFor(context, error) is not { } problem)
        {
            return;
        }
        context.Response.Clear();
        await problem.ExecuteAsync(context);
    }

    private static Problem? ProblemFor(HttpContext context, IForwarderErrorFeature error)
    {
        if (context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true })
        {
            // The route's own Timeout: the token would stop our response, too.
            context.RequestAborted = CancellationToken.None;
            return TimedOut;
        }

        if (context.RequestAborted.IsCancellationRequested || IsOfTheBodyOnly(context, error)) { return null; }
        if (context.Features.Get<HeadersWait>() is { TimedOut: true }) { return TimedOut; }
        return context.Response.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => TooLarge,
            StatusCodes.Status504GatewayTimeout => TimedOut,
            StatusCodes.Status503ServiceUnavailable => Unavailable with { Status = StatusCodes.Status503ServiceUnavailable },
            StatusCodes.Status502BadGateway or StatusCodes.Status101SwitchingProtocols => IsInvalid(error) ? Invalid : Unavailable,
            var status and >= 400 and < 500 => new Problem(status, "request_unreadable", "The request's body could not be read to its end."),
            _ => null,
        };
    }

    private static bool IsOfTheBodyOnly(HttpContext context, IForwarderErrorFeature error) => context.Features.Get<Answered>() is not null
        && error.Error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyCanceled;

    private static bool IsInvalid(IForwarderErrorFeature error) => error.Error is ForwarderError.ResponseHeaders or ForwarderError.UpgradeResponseClient
        || error.Exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded };
}

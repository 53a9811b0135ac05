using System.Net;
using Bff.Forwarding.PassThrough;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding;

/// <summary>
/// An API of this route refuses a token that should be good: the provider has revoked it behind our back, or the API has lost its faith in the key that signed
/// it. Another one is got, once a session and minute, and the call is sent again where it can be.
/// </summary>
internal sealed partial class RefusedTokens(RouteConfig route, RouteTokens tokens, CallMetrics metrics, ILogger<RefusedTokens> logger)
{
    /// <summary>RFC 6750 section 3.1.</summary>
    private const string InvalidToken = "invalid_token";

    private static readonly Problem Replaced = new(
        StatusCodes.Status503ServiceUnavailable, "token_replaced", "The service behind this address did not take the access token any longer.",
        "It has refused the request. There is another token now: send the request again.", TimeSpan.FromSeconds(1));

    /// <returns>False when the API's response is for the caller, as it is.</returns>
    public async ValueTask<bool> TakeAsync(ResponseTransformContext response)
    {
        var (context, answer) = (response.HttpContext, response.ProxyResponse!);
        if (ProvenCalls.IsUnanswered(answer, out _) || StepUpChallenge.ErrorIn(answer.Headers) is not (null or InvalidToken)) { return false; }
        if (SentWith(answer) is not { } sent) { return false; }
        var other = context.Features.Get<RepeatedCall>() is null ? await tokens.ReplaceAsync(context, sent) : null;
        if (other is null)
        {
            metrics.TokenRefused("passed_on");
            return false;
        }

        response.SuppressResponseBody = true;
        context.Response.Clear();
        if (other.Value.Problem is { } over)
        {
            metrics.TokenRefused("session_ended");
            await over.ExecuteAsync(context);
        }
        else if (RepeatedCall.IsPossible(context))
        {
            metrics.TokenRefused("repeated");
            Repeats(route.RouteId);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Features.Set(new RepeatedCall());
        }
        else
        {
            metrics.TokenRefused("not_repeated");
            CannotRepeat(route.RouteId, KeptBody.MaxBytes);
            await Replaced.ExecuteAsync(context);
        }

        return true;
    }

    /// <summary>And the token was ours: for one that the caller has brought there is no other.</summary>
    public static bool IsOne(ResponseTransformContext response) =>
        response.ProxyResponse is { StatusCode: HttpStatusCode.Unauthorized } && !CallersTokenTransform.IsCallers(response.HttpContext);

    private static string? SentWith(HttpResponseMessage answer) =>
        answer.RequestMessage is { } request && request.Headers.NonValidated.TryGetValues(HeaderNames.Authorization, out var values) ? values.ToString() : null;

    [LoggerMessage(LogLevel.Information, "The API of route {Route} refused an access token that should be good; the call is sent again with another one.")]
    private partial void Repeats(string route);

    [LoggerMessage(LogLevel.Warning, "The API of route {Route} refused an access token that should be good. There is another one now, but the call's body is "
        + "larger than {MaxBytes} bytes or of unknown length, so its caller has to send it again.")]
    private partial void CannotRepeat(string route, int maxBytes);
}

using Bff.Guard;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Policies;

/// <summary>What a caller is told whom a policy does not let pass: which policy it is, and what would help.</summary>
internal sealed class PolicyResponses : IAuthorizationMiddlewareResultHandler
{
    private const string NotAllowed = "You are not allowed to do this.";

    private static readonly AuthorizationMiddlewareResultHandler Framework = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        var failure = authorizeResult.AuthorizationFailure?.FailureReasons.OfType<PolicyFailure>().FirstOrDefault();
        var token = context.Features.Get<TokenCaller>();
        if (!authorizeResult.Forbidden || (failure is null && token is null)) { return HandleAsUsualAsync(next, context, policy, authorizeResult); }
        var headers = context.Response.Headers;
        if (failure is { Lack: Shortfall.SignIn, Policy: { } wanted })
        {
            headers.WWWAuthenticate = TokenChallenge.SignInAnew(token?.Scheme ?? TokenChallenge.Bearer, wanted);
            if (token is null) { headers[StepUp.Header] = StepUp.Encode(wanted.AcrValues, wanted.MaxAge); }
            return SignInAnew(context.Request, wanted).ExecuteAsync(context);
        }

        if (token is not null) { headers.WWWAuthenticate = TokenChallenge.NotEnough(token.Scheme, failure?.Policy); }
        return Forbidden(failure, token is not null).ExecuteAsync(context);
    }

    /// <summary>The program around us may have made another scheme the default of its own endpoints. It knows nothing of a route's caller.</summary>
    private static Task HandleAsUsualAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult result) =>
        result.Succeeded || policy.AuthenticationSchemes.Count > 0 || !OwnPaths.IsForwarded(context) ? Framework.HandleAsync(next, context, policy, result)
        : result.Challenged ? context.ChallengeAsync(SessionAuthentication.Scheme) : context.ForbidAsync(SessionAuthentication.Scheme);

    private static Problem Forbidden(PolicyFailure? failure, bool isToken)
    {
        var detail = failure is null ? null : $"The policy '{failure.Name}' asks for more than you have.";
        return (isToken ? new(StatusCodes.Status403Forbidden, "insufficient_scope", NotAllowed, detail)
            : new Problem(StatusCodes.Status403Forbidden, "forbidden", NotAllowed, detail)) with { Policy = failure?.Name };
    }

    private static Problem SignInAnew(HttpRequest request, Policy policy) => new(
        StatusCodes.Status401Unauthorized, "stronger_sign_in_required", "This needs another sign-in.",
        $"The policy '{policy.Name}' wants you to have signed in in another way, or less long ago.")
    {
        Policy = policy.Name,
        SignInUrl = QueryHelpers.AddQueryString(
            $"{request.PathBase}/bff/login?{StepUp.EncodeLogin(policy.AcrValues, policy.MaxAge)}", "returnUrl",
            request.PathBase + request.Path + request.QueryString),
    };
}

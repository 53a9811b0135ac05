using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary>Where a browser goes whose sign-in has failed.</summary>
internal sealed class WayBack(FlowState flow)
{
    /// <param name="context">The callback.</param>
    /// <param name="failure">Why it failed.</param>
    /// <param name="page">The silent page, of a silent sign-in.</param>
    public async Task TakeAsync(RemoteFailureContext context, SignInFailure failure, string? page)
    {
        var returnUrls = ReturnUrls.Of(context.HttpContext);
        if (page is not null && returnUrls.TryResolve(page, out page))
        {
            // The frame was given no cookie on its way back from another site; no code is redeemed for it, and only the user can go on.
            var code = failure.Code is SignInFailure.InvalidState or SignInFailure.SignedOutMeanwhile ? "login_required" : failure.Code;
            await Onward.GoAsync(context.HttpContext, SilentPage.Failure(page, code, failure.Description), isFramed: true);
        }
        else if (context.Properties?.RedirectUri is { } asked && returnUrls.TryResolve(asked, out var target))
        {
            await LeadBackAsync(context, target, failure);
        }
        else
        {
            await (failure.Problem ?? LoginProblems.SignInFailed).ExecuteAsync(context.HttpContext);
        }
    }

    /// <summary>
    /// Begins the sign-in anew, and asks for all that the page asked for: a sign-in that was to be a stronger one must not become a plain one.
    /// </summary>
    public static string LoginUrl(HttpRequest request, string target, AuthenticationProperties properties) =>
        QueryHelpers.AddQueryString(
            request.PathBase + "/bff/login",
            [new("returnUrl", target), .. ProviderOf(request.HttpContext, properties), .. LoginParameters.KeptIn(properties)]);

    /// <summary>Unless nothing need be said for it.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ProviderOf(HttpContext context, AuthenticationProperties properties) =>
        SignInProgress.Named(properties, SessionAuthentication.Provider) is { } named
            && context.GetFrontEnd().Providers is [var first, ..] allowed && named != first && allowed.Contains(named, StringComparer.Ordinal)
            ? [new("provider", named)] : [];

    private async Task LeadBackAsync(RemoteFailureContext context, string target, SignInFailure failure)
    {
        var (http, properties) = (context.HttpContext, context.Properties!);
        if (failure.Problem is not { } problem && !PageBehindSignIn.IsAt(http, target))
        {
            await Onward.GoAsync(http, ErrorQuery.AddTo(target, failure.Code, failure.Description), isFramed: false);
            return;
        }

        // Who goes back without a session to a page behind the sign-in would begin anew what has just failed.
        problem = failure.Problem ?? LoginProblems.RefusedByProvider(failure.Code);
        var isStateInvalid = failure.Code == SignInFailure.InvalidState;
        if (isStateInvalid && flow.IsFresh(properties) && await GoesOnAsync(http, properties, target)) { return; }
        var isRepeatable = HttpMethods.IsGet(http.Request.Method) && problem.RetryAfter is not null && !isStateInvalid && !SignInProgress.Of(http).HasUsedState;
        await (isRepeatable ? problem : problem with { SignInUrl = LoginUrl(context.Request, target, properties) }).ExecuteAsync(http);
    }

    /// <summary>
    /// The flow cannot be ended here, but was another one meanwhile? Tabs come in eights. This signs nobody in; it only leads a browser that has a session to
    /// where the flow wanted to go, and only the whole tab, since what a page loads would learn from the answer whether somebody is signed in. The session that
    /// the flow was to replace does not count: whoever asked the user to sign in once more must not take the failure for it. Nor does any when the flow asked
    /// how or how long ago the user signed in: another one's answer to that is not known. A form or a signed response cannot be brought once more by a page of
    /// ours.
    /// </summary>
    private static async Task<bool> GoesOnAsync(HttpContext context, AuthenticationProperties properties, string target)
    {
        if (!Initiator.IsTab(context.Request) || FlowState.AsksForStrength(properties)) { return false; }
        if (await FindSessionAsync(context) is { } session && session.Id.Value != SignInProgress.Named(properties, SessionAuthentication.Replaces))
        {
            context.Response.Redirect(target);
            return true;
        }

        if (context.Request.Query["state"] is not [{ Length: > 0 } state]) { return false; }
        if (context.GetFrontEnd().CookieSameSite != SameSiteMode.Strict || context.Request.Headers["Sec-Fetch-Site"] != "cross-site") { return false; }
        var request = context.Request;
        await new ContinuePage(QueryHelpers.AddQueryString(request.PathBase + request.Path, "state", state)).ExecuteAsync(context);
        return true;
    }

    private static async Task<Session?> FindSessionAsync(HttpContext context)
    {
        try
        {
            return (await context.AuthenticateAsync(SessionAuthentication.Scheme)).Succeeded ? context.GetSession() : null;
        }
        catch (SessionStoreException)
        {
            return null;
        }
    }
}

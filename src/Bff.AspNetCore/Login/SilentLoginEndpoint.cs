using Bff.FrontEnds;
using Bff.Guard;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/silent-login</c>: asks the provider without showing anything (<c>prompt=none</c>). Ends at the silent page with
/// <c>result=ok</c>, or <c>result=error&amp;error=…</c> with the provider's word; never with a token.
/// </summary>
internal static class SilentLoginEndpoint
{
    public static async Task<IResult> Handle(
        HttpContext context, ReturnUrls returnUrls, ProviderSet providers, string? returnUrl, string? provider)
    {
        var page = returnUrls.SilentPage;
        if (!string.IsNullOrEmpty(returnUrl) && !returnUrls.TryResolve(returnUrl, out page)) { return LoginProblems.InvalidReturnUrl(context); }

        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }

        // A foreign page's frame: it must not sign its visitor in unseen.
        if (Initiator.IsForeignPage(context.Request, returnUrls))
        {
            LoginProblems.Refused(context, silent: true);
            return Results.Redirect(SilentPage.Failure(page, "login_required"));
        }

        if (await ObjectionAsync(context) is { } error) { return Results.Redirect(SilentPage.Failure(page, error)); }
        var session = context.GetSession();

        // Where the user may sign in at several, nobody knows at which they did: another one's user may be somebody else of the same subject.
        if (session is null && string.IsNullOrEmpty(provider) && context.GetFrontEnd().Providers.Count > 1)
        {
            return Results.Redirect(SilentPage.Failure(page, "login_required"));
        }

        if (OidcChallenge.Choose(context, providers, session?.Provider ?? provider) is not { } chosen)
        {
            return Results.Redirect(SilentPage.Failure(page, LoginProblems.UnknownProvider.Code));
        }

        var properties = new OpenIdConnectChallengeProperties { RedirectUri = SilentPage.Success(page), Prompt = "none", Items = { [SilentPage.Item] = page } };
        if (session is not null) { properties.Items[SessionAuthentication.Continues] = session.Id.Value; }
        return await OidcChallenge.SendAsync(context, chosen, properties);
    }

    /// <summary>
    /// The script does not ask when a session was meant to end. One of an older version does, and a browser that signs in unseen would undo what an
    /// administrator or a timeout has done.
    /// </summary>
    private static async Task<string?> ObjectionAsync(HttpContext context)
    {
        try
        {
            return EndReasons.MayBeHealed(await context.RequireEndReasonAsync()) ? null : "login_required";
        }
        catch (SessionStoreException)
        {
            return SignInFailure.TemporarilyUnavailable;
        }
    }

    /// <summary>Asked too often, here or at the callback: a frame without a response would keep its page waiting.</summary>
    /// <returns>Null outside a frame.</returns>
    public static IResult? TooMany(HttpContext context)
    {
        var request = context.Request;
        var begins = request.Path.StartsWithSegments("/bff");
        if (!begins && !FlowCookies.IsFramed(request)) { return null; }
        var returnUrls = ReturnUrls.Of(context);
        var page = returnUrls.SilentPage;
        if (begins && request.Query["returnUrl"].ToString() is { Length: > 0 } asked && !returnUrls.TryResolve(asked, out page)) { return null; }
        return Results.Redirect(SilentPage.Failure(page, RateLimits.Code));
    }
}

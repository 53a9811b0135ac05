using Bff.Sessions;
using Bff.Tokens;
using Bff.Tokens.Throttling;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>Sends the browser to the provider, or says why not.</summary>
internal static partial class OidcChallenge
{
    private const string Unavailable = "idp_unavailable";
    private const int MaxReason = 200;

    public static async Task<IResult> SendAsync(HttpContext context, AuthenticationProperties properties)
    {
        FlowCookies.EvictOldest(context);
        try
        {
            // Not after the user has signed in over there. StoreWatch looks each second whether it is back; strangers who ask make no writes.
            var health = context.RequestServices.GetRequiredService<StoreHealth>();
            if (health.IsAway) { throw new StoreUnavailableException(health.LastError ?? ""); }

            await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
            return Results.Empty;
        }
        catch (Exception error) when (StoreUnavailableException.In(error) is not null)
        {
            var isSilent = properties.Items.TryGetValue(SilentPage.Item, out var page) && page is not null;
            context.RequestServices.GetRequiredService<LoginMetrics>().Failed(LoginProblems.StoreUnavailable.Code, isSilent);
            return isSilent ? Results.Redirect(SilentPage.Failure(page!, OidcEvents.TemporarilyUnavailable)) : LoginProblems.StoreUnavailable;
        }
        catch (Exception error) when (IsProviderFault(error))
        {
            CannotStart(context.RequestServices.GetRequiredService<ILogger<OidcEvents>>(), Printable.Text(error.GetBaseException().Message, MaxReason));
            var (word, problem) = Explain(error);
            var isSilent = properties.Items.TryGetValue(SilentPage.Item, out var page) && page is not null;
            context.RequestServices.GetRequiredService<LoginMetrics>().Failed(problem?.Code ?? word, isSilent);

            // A frame shows nobody a problem page; the silent page can tell its parent.
            if (isSilent) { return Results.Redirect(SilentPage.Failure(page!, word)); }
            return (IResult?)problem ?? Results.Redirect(QueryHelpers.AddQueryString(properties.RedirectUri!, "error", word));
        }
    }

    /// <summary>Unreachable, or answering a call of the sign-in with something other than what it asked for.</summary>
    public static bool IsProviderFault(Exception error) => error
        is ProviderUnavailableException or SignInCallException or HttpRequestException or TaskCanceledException or OpenIdConnectProtocolException
        || (error.InnerException is { } inner && IsProviderFault(inner));

    /// <summary>What a fault of a call to the provider means: a word for the page, and a problem unless the page that asked can show the word itself.</summary>
    public static (string Word, Problem? Problem) Explain(Exception? error) => error switch
    {
        SignInCallException { Blame: Blame.User, Error: "invalid_grant" or "http_400" } => ("sign_in_failed", LoginProblems.SignInFailed),
        SignInCallException { Blame: Blame.User, Error: var asked } => (asked, null),
        SignInCallException { Blame: Blame.Client } => ("sign_in_failed", LoginProblems.ProviderRefusesUs),
        ProviderBusyException { IsOutage: false } busy => (Unavailable, LoginProblems.Busy with { RetryAfter = busy.RetryAfter }),
        ProviderBusyException left => (Unavailable, LoginProblems.ProviderUnavailable with { RetryAfter = left.RetryAfter }),
        { InnerException: { } inner } when error is not (ProviderUnavailableException or HttpRequestException) => Explain(inner),
        _ => (Unavailable, LoginProblems.ProviderUnavailable),
    };

    [LoggerMessage(LogLevel.Warning, "A sign-in could not start: {Reason}")]
    private static partial void CannotStart(ILogger logger, string reason);
}

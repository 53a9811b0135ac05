using Bff.FrontEnds;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary>Sends the browser to the provider, or says why not.</summary>
internal static partial class OidcChallenge
{
    private const int MaxReason = 200;

    /// <param name="context">The request, of a front end that says where its users sign in.</param>
    /// <param name="providers">All there are.</param>
    /// <param name="asked">What the page asked for; null or empty for the front end's first.</param>
    public static Provider? Choose(HttpContext context, ProviderSet providers, string? asked)
    {
        var allowed = context.GetFrontEnd().Providers;
        var name = string.IsNullOrEmpty(asked) ? allowed[0] : asked;
        return allowed.Contains(name, StringComparer.Ordinal) ? providers.Find(name) : null;
    }

    public static async Task<IResult> SendAsync(HttpContext context, Provider provider, AuthenticationProperties properties)
    {
        FlowCookies.EvictOldest(context);
        properties.Items[SessionAuthentication.Provider] = provider.Name;
        properties.Items[SessionAuthentication.FrontEnd] = context.GetFrontEnd().Name;
        try
        {
            // Not after the user has signed in over there. StoreWatch polls each second whether it is back; anonymous requests cause no writes.
            var health = context.RequestServices.GetRequiredService<StoreHealth>();
            if (health.IsAway) { throw new SessionStoreException(health.LastError ?? ""); }

            await context.ChallengeAsync(OidcScheme.Of(provider.Name), properties);
            return Results.Empty;
        }
        catch (Exception error) when (SessionStoreException.In(error) is not null)
        {
            var isSilent = properties.Items.TryGetValue(SilentPage.Item, out var page) && page is not null;
            context.RequestServices.GetRequiredService<LoginMetrics>().Failed(
                LoginProblems.StoreUnavailable.Code, isSilent, context.GetFrontEnd(), provider.Name);
            return isSilent ? Results.Redirect(SilentPage.Failure(page!, SignInFailure.TemporarilyUnavailable)) : LoginProblems.StoreUnavailable;
        }
        catch (Exception error) when (ProviderFault.Is(error))
        {
            CannotStart(
                context.RequestServices.GetRequiredService<ILogger<OidcEvents>>(), provider.Name, Printable.Text(error.GetBaseException().Message, MaxReason));
            var (word, problem) = ProviderFault.Explain(error);
            var isSilent = properties.Items.TryGetValue(SilentPage.Item, out var page) && page is not null;
            context.RequestServices.GetRequiredService<LoginMetrics>().Failed(
                problem?.Code ?? word, isSilent, context.GetFrontEnd(), provider.Name);

            // A frame shows nobody a problem page; the silent page can tell its parent.
            if (isSilent) { return Results.Redirect(SilentPage.Failure(page!, word)); }
            if (problem is null && PageBehindSignIn.IsAt(context, properties.RedirectUri!)) { problem = LoginProblems.RefusedByProvider(word); }
            return (IResult?)problem ?? Results.Redirect(QueryHelpers.AddQueryString(properties.RedirectUri!, "error", word));
        }
    }

    [LoggerMessage(LogLevel.Warning, "A sign-in at provider {Provider} could not start: {Reason}")]
    private static partial void CannotStart(ILogger logger, string provider, string reason);
}

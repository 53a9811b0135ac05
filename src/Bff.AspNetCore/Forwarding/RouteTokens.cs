using Bff.ClientTokens;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using static Bff.Renewal.RenewalResult;

namespace Bff.Forwarding;

/// <summary>What one route sends for a caller: the one answer, whoever carries it to the API. Made once per route.</summary>
internal sealed class RouteTokens(RouteToken route, Renewer renewer, ClientTokenSource clientTokens, ProviderSet providers, SessionCookie cookie)
{
    public RouteToken Route => route;

    public ValueTask<CallToken> FindAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (route.Policy == TokenPolicy.Client) { return OfClientAsync(cancellationToken); }
        return context.FindSession() is { } session ? OfUserAsync(context, session, cancellationToken) : OfNobodyAsync(context, cancellationToken);
    }

    /// <summary>Our client's own token, whoever calls, and also when nobody does.</summary>
    public async ValueTask<CallToken> OfClientAsync(CancellationToken cancellationToken) =>
        await clientTokens.GetAsync(Provider.Name, Target, cancellationToken) switch
        {
            ClientTokenResult.Issued issued => new(issued.Authorization, issued.Key, issued.ExpiresAt),
            ClientTokenResult.Refused refused => new(Problem: RenewalProblems.ApiRefused(refused.Error, isOfUser: false)),
            var unavailable => new(Problem: RenewalProblems.ProviderUnavailable(((ClientTokenResult.Unavailable)unavailable).RetryAfter)),
        };

    /// <summary>Another token in the place of the one that was sent, which the API refuses though it should be good.</summary>
    /// <param name="context">Of the call. Its session is the renewed one from then on.</param>
    /// <param name="sent">What <see cref="FindAsync"/> gave.</param>
    /// <returns>Null when there is none: it is for the caller to see what the API says. With a problem when the session is over.</returns>
    public async Task<CallToken?> ReplaceAsync(HttpContext context, string sent)
    {
        if (route.Policy != TokenPolicy.Client && context.FindSession() is { } session) { return await ReplaceAsync(context, session, sent); }
        if (route.Policy is not (TokenPolicy.Client or TokenPolicy.UserOrClient)) { return null; }
        var issued = await clientTokens.ReplaceAsync(Provider.Name, Target, sent, context.RequestAborted) as ClientTokenResult.Issued;
        return issued is not null && issued.Authorization != sent ? new CallToken(issued.Authorization, issued.Key, issued.ExpiresAt) : null;
    }

    private Provider Provider => providers.Find(route.Provider) ?? providers.Default;

    private ApiTarget Target => route.Target ?? ApiTarget.Whatever;

    private async ValueTask<CallToken> OfUserAsync(HttpContext context, Session session, CancellationToken cancellationToken)
    {
        if (route.Provider is { } provider && provider != session.Provider)
        {
            return route.Policy == TokenPolicy.UserOrNone ? default : new(Problem: OtherProvider(context, provider));
        }

        var result = route.Target is { } target
            ? await renewer.GetUsableAsync(session, target, cancellationToken)
            : await renewer.GetUsableAsync(session, cancellationToken);
        if (result is Usable usable) { return Of(usable.Session); }
        if (result is UsableApi api) { return Of(api); }
        if (route.Policy == TokenPolicy.UserOrNone && result is (Ended or NotRenewable or SignInNeeded)) { return default; }
        return new(Problem: await RenewalProblems.OfCallAsync(context, session.Id, result));
    }

    private static CallToken Of(Session session)
    {
        var tokens = session.Tokens!;
        return new(tokens.Authorization, tokens.BoundKey, tokens.ExpiresAt);
    }

    private static CallToken Of(UsableApi api) => new(api.Token.Authorization, api.Token.IsBound ? api.Session.Tokens!.Key : null, api.Token.ExpiresAt);

    private async ValueTask<CallToken> OfNobodyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Features.Get<SessionUnknown>() is not null) { return new(Problem: SessionStoreException.Problem); }
        if (route.NeedsUser) { return new(Problem: await context.SignInRequiredAsync()); }
        if (route.Policy != TokenPolicy.UserOrClient) { return default; }
        return await ObjectionToAnonymousAsync(context) is { } problem ? new(Problem: problem) : await OfClientAsync(cancellationToken);
    }

    /// <summary>
    /// Whose session is over without anybody's wish or any rule of ours, be it that the provider no longer renews it, or that nobody knows why, believes to be
    /// signed in: that is no reason to serve them with the rights of the application. Where nothing is left of the session, not even a word of its end, they
    /// are told once, and anonymous from then on: the cookie would stay for as long as the browser does.
    /// </summary>
    /// <returns>Null for who is anonymous.</returns>
    private async Task<Problem?> ObjectionToAnonymousAsync(HttpContext context)
    {
        if (context.Features.Get<SessionEnd>() is not { } end) { return null; }
        try
        {
            var reason = await context.RequireEndReasonAsync();
            if (!EndReasons.MayBeHealed(reason)) { return null; }
            if (reason is null && end.IsGone) { cookie.Delete(context); }
            return (reason == EndReasons.SessionEnded ? RenewalProblems.SessionEnded : Problem.SignInRequired) with { Reason = reason };
        }
        catch (SessionStoreException)
        {
            return SessionStoreException.Problem;
        }
    }

    private async Task<CallToken?> ReplaceAsync(HttpContext context, Session session, string sent)
    {
        var result = await renewer.ReplaceAsync(session, route.Target, context.RequestAborted);
        if (result is Ended) { return new CallToken(Problem: await RenewalProblems.OfAsync(context, session.Id, result)); }
        var (renewed, token) = result switch
        {
            Usable usable => (usable.Session, Of(usable.Session)),
            UsableApi api => (api.Session, Of(api)),
            _ => (null, default),
        };
        if (renewed is null || token.Authorization == sent) { return null; }
        context.Features.Set(renewed);
        return token;
    }

    private static Problem OtherProvider(HttpContext context, string provider) => new(
        StatusCodes.Status401Unauthorized, "other_provider", "This service wants you signed in at another sign-in service.",
        $"Sign in at /bff/login?provider={provider}.")
    {
        SignInUrl = $"{context.Request.PathBase}/bff/login?provider={provider}",
    };
}

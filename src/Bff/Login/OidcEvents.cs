using System.Security.Claims;
using System.Text;
using System.Text.RegularExpressions;
using Bff.Guard;
using Bff.Providers;
using Bff.Providers.TokenEndpoint;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>What we add to the framework's OpenID Connect handler: checks it leaves out, tokens kept our way, errors a person can read.</summary>
internal sealed partial class OidcEvents(
    Provider provider, SignInClient signIn, TokenEndpointClient endpoint, ISessionStore store, Renewer renewer, FlowState flow, ReturnUrls returnUrls,
    LoginMetrics metrics,
    IOptions<OidcOptions> oidc, IOptions<SessionsOptions> sessions, IOptionsMonitor<TokenOptions> tokens, TimeProvider clock, ILogger<OidcEvents> logger)
    : OpenIdConnectEvents
{
    private const string RedeemedAt = "bff.redeemed_at";
    private const string Redeeming = "bff.redeeming";
    private const string Brought = "bff.brought";
    private const string BroughtFor = "bff.brought_for";
    private const string UsedUp = "bff.state_used";
    private const int MaxDescription = 200;

    /// <summary>The framework's own words where the provider gave none.</summary>
    private const string NoDescription = "error_description is null";

    public const string TemporarilyUnavailable = "temporarily_unavailable";

    public const string InvalidState = "invalid_state";

    /// <summary>For failures that cost a stranger nothing to bring about.</summary>
    private readonly RefusalLog _refusals = new(logger, clock);

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        var message = context.ProtocolMessage;
        var asked = context.Properties.GetParameter<Dictionary<string, string>>(LoginParameters.Key);
        foreach (var (name, value) in asked ?? []) { message.SetParameter(name, value); }
        if (!string.IsNullOrEmpty(oidc.Value.Audience)) { message.SetParameter(oidc.Value.AudienceParameter, oidc.Value.Audience); }
        flow.Begin(context.Properties);
        return Task.CompletedTask;
    }

    public override Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        context.ProtocolMessage.ClientId = oidc.Value.ClientId;
        if (!oidc.Value.SendIdTokenHint) { context.ProtocolMessage.IdTokenHint = null; }
        flow.Begin(context.Properties);
        return Task.CompletedTask;
    }

    public override Task SignedOutCallbackRedirect(RemoteSignOutContext context)
    {
        context.Response.Redirect(
            context.Properties is { } properties && flow.IsFresh(properties) ? returnUrls.StillAllowed(properties.RedirectUri) : returnUrls.Default);
        context.HandleResponse();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Everything about the callback but its code, in the order of what it costs. The state is used up before anything is done that a second callback with it
    /// must not repeat; metadata, which one call fetches for all, come first, so that a callback they are missing for can be repeated.
    /// </summary>
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        if (context.Properties is not { } properties) { throw new SignInRefusedException(InvalidState, "The state cannot be read."); }
        // RFC 6749 section 3.1
        if (context.Request.Query.Any(parameter => parameter.Value.Count > 1)) { throw Refused("A parameter of the authorization response comes twice."); }
        flow.Check(context.HttpContext, context.Options, properties);
        var expected = await provider.GetConfigurationAsync(context.HttpContext.RequestAborted);
        await flow.UseUpAsync(properties);
        context.HttpContext.Items[UsedUp] = true;

        // RFC 9207: the issuer that answers must be the one that was asked, in errors too; required when the provider says it sends it.
        var issuer = context.ProtocolMessage.Iss;
        if (string.IsNullOrEmpty(issuer) ? expected.AuthorizationResponseIssParameterSupported : issuer != expected.Issuer)
        {
            throw Refused("The authorization response does not name the issuer that was asked.");
        }
    }

    public override async Task PushAuthorization(PushedAuthorizationContext context) =>
        context.HandlePush(await signIn.PushAsync(context.ProtocolMessage.Parameters, context.HttpContext.RequestAborted));

    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        // The lifetime counts from before the call: a slow answer must not make a token look younger.
        context.HttpContext.Items[RedeemedAt] = clock.GetUtcNow();
        context.HttpContext.Items[Redeeming] = true;
        context.HandleCodeRedemption(await signIn.RedeemAsync(context.TokenEndpointRequest!.Parameters, context.HttpContext.RequestAborted));
    }

    // Thrown, not context.Fail: only an exception keeps the properties, and with them the way back to the silent page.
    public override Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        context.HttpContext.Items.Remove(Redeeming);
        var answer = context.TokenEndpointResponse;
        context.HttpContext.Items[Brought] = answer.RefreshToken;
        context.HttpContext.Items[BroughtFor] = UnverifiedSubject(answer.IdToken);
        if (string.IsNullOrEmpty(answer.AccessToken)) { throw Refused("The token response has no access_token."); }
        if (string.IsNullOrEmpty(answer.IdToken)) { throw Refused("The token response has no id_token."); }
        if (!string.Equals(answer.TokenType, "Bearer", StringComparison.OrdinalIgnoreCase)) { throw Refused("The token response has an unknown token_type."); }
        return Task.CompletedTask;
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        // Its session would live on without anybody who has the key; the failure revokes the refresh token.
        if (context.HttpContext.RequestAborted.IsCancellationRequested) { throw Refused("The browser went away."); }

        // Nonce and at_hash: the framework leaves this to whoever redeems the code, and we do.
        context.Options.ProtocolValidator.ValidateTokenResponse(new OpenIdConnectProtocolValidationContext
        {
            ClientId = oidc.Value.ClientId,
            ProtocolMessage = context.TokenEndpointResponse,
            ValidatedIdToken = context.SecurityToken,
            Nonce = context.Nonce,
        });
        var properties = context.Properties!;
        flow.CheckSignInTime(properties, context.Principal?.FindFirst(JwtRegisteredClaimNames.AuthTime)?.Value, oidc.Value.ClockTolerance);
        if (Named(properties, SessionAuthentication.Continues) is { } continued)
        {
            // Somebody else is signed in at the provider, or the session is over by now; a silent renewal must neither change the user under the page nor bring
            // a session back.
            var session = await store.FindAsync(new SessionId(continued), context.HttpContext.RequestAborted);
            if (session is null || session.EndsAt <= clock.GetUtcNow() || context.Principal?.FindFirst("sub")?.Value != session.Subject)
            {
                throw new SignInRefusedException("login_required", "A silent sign-in found another user, or its session had ended.");
            }
        }

        var answer = context.TokenEndpointResponse!;
        context.Principal = new ClaimsPrincipal(new ClaimsIdentity(IdTokenClaims.Read(answer.IdToken), SessionAuthentication.Scheme, "name", "role"));
        var obtainedAt = (DateTimeOffset)context.HttpContext.Items[RedeemedAt]!;
        new TokenSet(
            answer.AccessToken,
            string.IsNullOrEmpty(answer.RefreshToken) ? null : answer.RefreshToken,
            answer.IdToken,
            string.IsNullOrEmpty(answer.Scope) ? null : answer.Scope,
            obtainedAt,
            obtainedAt + TokenSet.ReadLifetime(answer.ExpiresIn, tokens.CurrentValue.AssumedLifetime),
            TokenSet.ReadRefreshTokenEnd(answer.GetParameter(TokenSet.RefreshTokenExpiresIn), answer.GetParameter(TokenSet.RefreshExpiresIn), obtainedAt))
            .StoreIn(properties);
    }

    /// <summary>The session is made here, not by the framework after it, so that a store that is down is said.</summary>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var (properties, target) = (context.Properties!, returnUrls.StillAllowed(context.ReturnUri));
        try
        {
            if (Named(properties, SessionAuthentication.Continues) is { } continued)
            {
                await ContinueAsync(new SessionId(continued), context.Principal!, properties);
            }
            else { await context.HttpContext.SignInAsync(SessionAuthentication.Scheme, context.Principal!, properties); }
            context.Response.Redirect(target);
        }
        catch (SessionStoreException error)
        {
            var silent = properties.Items.TryGetValue(SilentPage.Item, out var page) && page is not null;
            RevokeNow(properties, context.HttpContext.Items[Brought] as string);
            SignInFailed(LoginProblems.StoreUnavailable.Code, Cause(error), "");
            metrics.Failed(LoginProblems.StoreUnavailable.Code, silent);
            if (silent)
            {
                context.Response.Redirect(SilentPage.Failure(returnUrls.StillAllowed(page), TemporarilyUnavailable));
                return;
            }

            var problem = LoginProblems.StoreUnavailable with { SignInUrl = LoginUrl(context.Request, target, properties) };
            await problem.ExecuteAsync(context.HttpContext);
        }
    }

    /// <summary>A silent sign-in renews a session and makes none: a page that renews by itself would never see its ends.</summary>
    private Task ContinueAsync(SessionId session, ClaimsPrincipal user, AuthenticationProperties properties) =>
        renewer.ContinueAsync(session, TokenSet.ReadFrom(properties, clock.GetUtcNow(), tokens.CurrentValue.AssumedLifetime), (ClaimsIdentity)user.Identity!);

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        await RevokeBroughtAsync(context);
        var (code, problem) = Explain(context);
        if (!PlainWord().IsMatch(code)) { code = "sign_in_failed"; }
        var description = problem is null ? Description(context.Failure) : null;
        if (context.HttpContext.Items.ContainsKey(UsedUp)) { SignInFailed(code, Cause(context.Failure), Printable.Text(description, MaxDescription)); }
        else { _refusals.Refused(context.HttpContext, $"{code} ({Cause(context.Failure)})"); }

        string? page = null;
        context.Properties?.Items.TryGetValue(SilentPage.Item, out page);
        metrics.Failed(problem?.Code ?? (IsWellKnown(code) ? code : "other"), silent: page is not null);
        if (page is not null && returnUrls.TryResolve(page, out page))
        {
            // The frame was given no cookie on its way back from another site; no code is redeemed for it, and only the user can go on.
            context.Response.Redirect(SilentPage.Failure(page, code == InvalidState ? "login_required" : code, description));
        }
        else if (context.Properties?.RedirectUri is { } asked && returnUrls.TryResolve(asked, out var target))
        {
            await LeadBackAsync(context, target, code, description, problem);
        }
        else
        {
            await (problem ?? LoginProblems.SignInFailed).ExecuteAsync(context.HttpContext);
        }
    }

    /// <summary>A sign-in that fails when its code is traded already leaves a refresh token that nobody will use.</summary>
    private async Task RevokeBroughtAsync(RemoteFailureContext context)
    {
        var brought = context.HttpContext.Items[Brought] as string ?? (context.Failure as SignInCallException)?.RefreshToken;
        if (brought is not { Length: > 0 } refreshToken) { return; }
        var id = (Named(context.Properties, SessionAuthentication.Continues) ?? Named(context.Properties, SessionAuthentication.Replaces)) is { } known
            ? new SessionId(known) : SessionKey.New().Id;
        var subject = context.HttpContext.Items[BroughtFor] as string;
        var now = clock.GetUtcNow();
        try
        {
            await store.RevokeLaterAsync(
                id, subject, new TokenSet("", refreshToken, IdToken: null, Scope: null, now, now), ended: false, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            RevokeNow(context.Properties, refreshToken);   // and the page still learns what became of its sign-in
        }
    }

    /// <summary>Good enough to let a revocation wait for that user's sessions; nothing else may believe it.</summary>
    private static string? UnverifiedSubject(string? idToken)
    {
        try
        {
            return idToken is { Length: > 0 } && new JsonWebToken(idToken).Subject is { Length: > 0 } subject ? subject : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// The store that would remember the revocation is the one that failed, so this is tried once and nobody waits for it. Not for a renewal of a session:
    /// whether the store took its tokens before it failed is not known.
    /// </summary>
    private void RevokeNow(AuthenticationProperties? properties, string? refreshToken)
    {
        if (!string.IsNullOrEmpty(refreshToken) && Named(properties, SessionAuthentication.Continues) is null) { _ = endpoint.RevokeAsync(refreshToken); }
    }

    /// <summary>The session the flow names; null when it names none.</summary>
    private static string? Named(AuthenticationProperties? properties, string item) =>
        properties?.Items.TryGetValue(item, out var named) == true && named is { Length: > 0 } ? named : null;

    private async Task LeadBackAsync(RemoteFailureContext context, string target, string code, string? description, Problem? problem)
    {
        if (problem is null)
        {
            context.Response.Redirect(ErrorQuery.AddTo(target, code, description));
            return;
        }

        if (code == InvalidState && flow.IsFresh(context.Properties!) && await GoesOnAsync(context.HttpContext, context.Properties!, target)) { return; }
        var isRepeatable = problem.RetryAfter is not null && code != InvalidState && !context.HttpContext.Items.ContainsKey(UsedUp);
        await (isRepeatable ? problem : problem with { SignInUrl = LoginUrl(context.Request, target, context.Properties!) }).ExecuteAsync(context.HttpContext);
    }

    /// <summary>
    /// Begins the sign-in anew, and asks for all that the page asked for: a sign-in that was to be a stronger one must not become a plain one.
    /// </summary>
    private static string LoginUrl(HttpRequest request, string target, AuthenticationProperties properties) =>
        QueryHelpers.AddQueryString(request.PathBase + "/bff/login", [new("returnUrl", target), .. LoginParameters.KeptIn(properties)]);

    /// <summary>
    /// The flow cannot be ended here, but was another one meanwhile? Tabs come in eights. This signs nobody in; it only leads a browser that has a session to
    /// where the flow wanted to go, and only the whole tab, since what a page loads would learn from the answer whether somebody is signed in. The session that
    /// the flow was to replace does not count: whoever asked the user to sign in once more must not take the failure for it. Nor does any when the flow asked
    /// how long ago the user signed in: another one's answer to that is not known.
    /// </summary>
    private async Task<bool> GoesOnAsync(HttpContext context, AuthenticationProperties properties, string target)
    {
        if (!Initiator.IsTab(context.Request) || LoginParameters.MaxAgeOf(properties) is not null) { return false; }
        if (await FindSessionAsync(context) is { } session && session.Id.Value != Named(properties, SessionAuthentication.Replaces))
        {
            context.Response.Redirect(target);
            return true;
        }

        if (sessions.Value.CookieSameSite != SameSiteMode.Strict || context.Request.Headers["Sec-Fetch-Site"] != "cross-site") { return false; }
        var request = context.Request;
        await new ContinuePage(QueryHelpers.AddQueryString(request.PathBase + request.Path, "state", request.Query["state"].ToString())).ExecuteAsync(context);
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

    /// <summary>A word for the page; a problem of our own unless the provider's error can be shown by the page that asked.</summary>
    private static (string Code, Problem? Problem) Explain(RemoteFailureContext context)
    {
        if (SessionStoreException.In(context.Failure) is not null) { return (TemporarilyUnavailable, LoginProblems.StoreUnavailable); }
        if (context.Properties is null || context.Failure is { Message: "Correlation failed." }) { return (InvalidState, LoginProblems.InvalidState); }
        if (context.Failure is SignInRefusedException { Error: FlowState.Unmet }) { return (FlowState.Unmet, null); }
        if (context.Failure is SignInRefusedException refused)
        {
            return (refused.Error, refused.Error == InvalidState ? LoginProblems.InvalidState : LoginProblems.SignInFailed);
        }
        if (context.HttpContext.Items.ContainsKey(Redeeming)) { return ProviderFault.Explain(context.Failure); }
        if (context.Failure?.Data["error"] is string error) { return (error, null); }
        return context.Failure is { } failure && failure is not OpenIdConnectProtocolException && ProviderFault.Is(failure)
            ? (ProviderFault.Unavailable, LoginProblems.ProviderUnavailable)
            : ("sign_in_failed", LoginProblems.SignInFailed);
    }

    /// <summary>
    /// Errors of RFC 6749 section 4.1.2.1 and OpenID Connect Core 1.0 section 3.1.2.6. Others reach the page and the log, but not the metrics: anybody can make
    /// them up.
    /// </summary>
    private static bool IsWellKnown(string error) => error
        is "access_denied" or "login_required" or "consent_required" or "interaction_required" or "account_selection_required"
        or "server_error" or "temporarily_unavailable" or "invalid_request" or "invalid_scope" or "unauthorized_client" or "sign_in_failed" or FlowState.Unmet;

    /// <summary>The provider's sentence (RFC 6749 section 4.1.2.1), cut and without control characters.</summary>
    private static string? Description(Exception? failure)
    {
        if (failure?.Data["error_description"] is not string { Length: > 0 } text || text == NoDescription) { return null; }
        var plain = string.Concat(text.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Take(MaxDescription));
        return plain.Length > 0 ? plain : null;
    }

    private static SignInRefusedException Refused(string why) => new("sign_in_failed", why);

    /// <summary>Never an exception's message: it may quote what it could not accept.</summary>
    private static string Cause(Exception? failure) => failure switch
    {
        SignInRefusedException or SignInCallException => failure.Message,
        { } when failure.Data["error"] is string => "the provider says so",
        _ => failure?.GetBaseException().GetType().Name ?? "unknown",
    };

    /// <summary>Errors beside the well-known ones keep their name when it is one.</summary>
    [GeneratedRegex("^[a-z0-9_.-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainWord();

    [LoggerMessage(LogLevel.Warning, "A sign-in failed: {Code} ({Cause}). {Description}")]
    private partial void SignInFailed(string code, string cause, string description);
}

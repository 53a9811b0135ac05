using System.Security.Claims;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.TokenEndpoint;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using JwtSecurityToken = System.IdentityModel.Tokens.Jwt.JwtSecurityToken;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>What we add to the framework's OpenID Connect handler: checks it leaves out, tokens kept our way, errors a person can read.</summary>
internal sealed partial class OidcEvents(
    Provider provider, ISessionStore store, Renewer renewer, FlowState flow, WayBack wayBack, UnusedTokens unused,
    LoginMetrics metrics, IOptionsMonitor<TokenOptions> tokens, TimeProvider clock, ILogger<OidcEvents> logger)
    : OpenIdConnectEvents
{
    public Provider Provider => provider;

    /// <summary>For failures that cost a stranger nothing to bring about.</summary>
    private readonly RefusalLog _refusals = new(logger, clock);

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        await provider.SignIn.EnsureCanPushAsync(context.HttpContext.RequestAborted);
        var message = context.ProtocolMessage;
        LoginParameters.Add(provider.Options, message, context.Properties.GetParameter<Dictionary<string, string>>(LoginParameters.Key) ?? []);
        var frontEnd = context.HttpContext.GetFrontEnd();
        if (!string.IsNullOrEmpty(frontEnd.Scope)) { message.Scope = frontEnd.Scope; }
        var audience = string.IsNullOrEmpty(frontEnd.Audience) ? provider.Options.Audience : frontEnd.Audience;
        if (!string.IsNullOrEmpty(audience)) { message.SetParameter(provider.Options.AudienceParameter, audience); }
        if (FlowKey.Begin(context.HttpContext, context.Properties, provider.Options.TokenType) is { } key)
        {
            message.SetParameter(ProviderParameters.KeyThumbprint, key.Thumbprint);
        }

        flow.Begin(context.Properties);
        FlowState.Remember(message, context.Properties);   // last: what is checked is what was sent, whoever wanted it
    }

    public override Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        flow.Begin(context.Properties);
        context.Response.Redirect(SignOutRequest.AddressOf(
            context.ProtocolMessage, provider.Options, context.Properties.GetParameter<string>(OpenIdConnectParameterNames.IdTokenHint),
            context.Options.StateDataFormat.Protect(context.Properties)));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    public override Task SignedOutCallbackRedirect(RemoteSignOutContext context)
    {
        var returnUrls = ReturnUrls.Of(context.HttpContext);
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
        if (context.Properties is not { } properties) { throw new SignInRefusedException(SignInFailure.InvalidState, "The state cannot be read."); }
        // RFC 6749 section 3.1
        if (HttpMethods.IsPost(context.Request.Method) ? context.Request.Form.Any(IsTwice) : context.Request.Query.Any(IsTwice))
        {
            throw Refused("A parameter of the authorization response comes twice.");
        }

        // A state of before there were several names none.
        if ((SignInProgress.Named(properties, SessionAuthentication.FrontEnd) ?? FrontEnd.DefaultName) != context.HttpContext.GetFrontEnd().Name)
        {
            throw new SignInRefusedException(SignInFailure.InvalidState, "The state is of another front end.");
        }

        flow.Check(context.HttpContext, context.Options, properties);
        FlowState.CompleteBegun(properties);
        var expected = await provider.Metadata.GetConfigurationAsync(context.HttpContext.RequestAborted);
        await flow.UseUpAsync(properties);
        SignInProgress.Of(context.HttpContext).HasUsedState = true;

        // RFC 9207: the issuer that answers must be the one that was asked, in errors too; required when the provider says it sends it.
        var issuer = context.ProtocolMessage.Iss;
        if (string.IsNullOrEmpty(issuer) ? expected.AuthorizationResponseIssParameterSupported : !IsAsked(issuer, expected))
        {
            throw Refused("The authorization response does not name the issuer that was asked.");
        }

        SignInProgress.Of(context.HttpContext).Issuer = string.IsNullOrEmpty(issuer) ? null : issuer;
    }

    private bool IsAsked(string issuer, OpenIdConnectConfiguration expected) => provider.Options.Issuers?.IsIssuer(issuer) ?? issuer == expected.Issuer;

    // One of many tenants may answer, but then it is its user who comes.
    private static void CheckTenant(TokenValidatedContext context)
    {
        if (SignInProgress.Of(context.HttpContext).Issuer is { } issuer && issuer != context.SecurityToken.Issuer)
        {
            throw Refused("The ID token is of another issuer than the authorization response.");
        }
    }

    public override async Task PushAuthorization(PushedAuthorizationContext context)
    {
        var pushed = await provider.SignIn.PushAsync(
            context.ProtocolMessage.Parameters, FlowKey.Of(context.Properties), context.HttpContext.RequestAborted);
        if (pushed is null) { context.SkipPush(); }
        else { context.HandlePush(pushed); }
    }

    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        // The lifetime counts from before the call: a slow answer must not make a token look younger.
        var progress = SignInProgress.Of(context.HttpContext);
        (progress.RedeemedAt, progress.IsRedeeming) = (clock.GetUtcNow(), true);
        context.HandleCodeRedemption(await provider.SignIn.RedeemAsync(
            context.TokenEndpointRequest!.Parameters, FlowKey.Of(context.Properties), context.HttpContext.RequestAborted));
    }

    // Thrown, not context.Fail: only an exception keeps the properties, and with them the way back to the silent page.
    public override Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        var (progress, answer) = (SignInProgress.Of(context.HttpContext), context.TokenEndpointResponse);
        (progress.IsRedeeming, progress.RefreshToken, progress.IdToken) = (false, answer.RefreshToken, answer.IdToken);
        progress.AccessToken = answer.AccessToken;
        progress.AccessTokenExpiresAt = progress.RedeemedAt + TokenSet.ReadLifetime(answer.ExpiresIn, tokens.CurrentValue.AssumedLifetime);
        if (string.IsNullOrEmpty(answer.AccessToken)) { throw Refused("The token response has no access_token."); }
        if (string.IsNullOrEmpty(answer.IdToken)) { throw Refused("The token response has no id_token."); }
        var type = FlowKey.Of(context.Properties) is null ? TokenType.Bearer : TokenType.DPoP;
        if (Is(type) || (Is(TokenType.Bearer) && provider.Options.TokenType == TokenType.Bearer)) { return Task.CompletedTask; }
        throw Refused(type == TokenType.DPoP && Is(TokenType.Bearer)
            ? $"The token response has the token_type Bearer, and {provider.Registration.Section}:TokenType asks for DPoP."   // RFC 9449 section 5
            : "The token response has an unknown token_type.");

        bool Is(TokenType asked) => string.Equals(answer.TokenType, asked.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        // Its session would live on without anybody who has the key; the failure revokes the refresh token.
        if (context.HttpContext.RequestAborted.IsCancellationRequested) { throw Refused("The browser went away."); }

        // Nonce and at_hash: the framework leaves this to whoever redeems the code, and we do.
        context.Options.ProtocolValidator.ValidateTokenResponse(new OpenIdConnectProtocolValidationContext
        {
            ClientId = provider.Options.ClientId,
            ProtocolMessage = context.TokenEndpointResponse,
            ValidatedIdToken = context.SecurityToken,
            Nonce = context.Nonce,
        });
        CheckTenant(context);
        var properties = context.Properties!;
        flow.CheckSignInTime(properties, context.Principal?.FindFirst(JwtRegisteredClaimNames.AuthTime)?.Value, provider.Options.ClockTolerance);
        var acr = context.Principal?.FindFirst(JwtRegisteredClaimNames.Acr)?.Value;
        if (provider.Options.RequireAcr) { FlowState.CheckAcr(properties, acr); }
        if (SignInProgress.Named(properties, SessionAuthentication.Continues) is { } continued)
        {
            // Somebody else is signed in at the provider, or the session is over by now; a silent renewal must neither change the user under the page nor bring
            // a session back.
            var session = await store.FindAsync(new SessionId(continued), context.HttpContext.RequestAborted);
            if (session is null || session.EndsAt <= clock.GetUtcNow() || session.Provider != provider.Name
                || session.FrontEnd != context.HttpContext.GetFrontEnd().Name || context.Principal?.FindFirst("sub")?.Value != session.Subject
                || !IsOfItsTenant(session, context.SecurityToken))
            {
                throw new SignInRefusedException("login_required", "A silent sign-in found another user, or its session had ended.");
            }

            // Which of two is the stronger one only the provider knows; to be weaker than the session was must not be possible, so it stays as it is.
            if (provider.Options.RequireAcr && (session.Tokens is not { } tokens || (tokens.SignInAcr is { } had && had != acr)))
            {
                throw new SignInRefusedException("login_required", "A silent sign-in would give its session another acr.");
            }
        }

        var answer = context.TokenEndpointResponse!;
        var claims = await ReadClaimsAsync(context, answer.AccessToken);
        context.Principal = new ClaimsPrincipal(new ClaimsIdentity(claims, SessionAuthentication.Scheme, "name", "role"));
        var obtainedAt = SignInProgress.Of(context.HttpContext).RedeemedAt;
        new TokenSet(
            answer.AccessToken,
            string.IsNullOrEmpty(answer.RefreshToken) ? null : answer.RefreshToken,
            context.SecurityToken.RawData,
            string.IsNullOrEmpty(answer.Scope) ? null : answer.Scope,
            obtainedAt,
            obtainedAt + TokenSet.ReadLifetime(answer.ExpiresIn, tokens.CurrentValue.AssumedLifetime),
            TokenSet.ReadRefreshTokenEnd(answer.GetParameter(TokenSet.RefreshTokenExpiresIn), answer.GetParameter(TokenSet.RefreshExpiresIn), obtainedAt),
            acr ?? "",
            FlowKey.Of(properties)?.Text,
            IsBearer: string.Equals(answer.TokenType, nameof(TokenType.Bearer), StringComparison.OrdinalIgnoreCase))
            .StoreIn(properties);
    }

    /// <summary>Subjects are one user's at one issuer only: at a provider of many tenants another's may have the same.</summary>
    private bool IsOfItsTenant(Session session, JwtSecurityToken token) =>
        provider.Options.Issuers is null
        || (token.Payload.TryGetValue(TenantIssuers.Claim, out var tenant) && tenant as string == session.ClaimValue(TenantIssuers.Claim));

    /// <summary>
    /// Userinfo is asked once, for a new session. A silent sign-in is a renewal, and claims that came from there stay until the session ends.
    /// </summary>
    private async Task<IReadOnlyList<Claim>> ReadClaimsAsync(TokenValidatedContext context, string accessToken)
    {
        var (idToken, cancellationToken) = (IdTokenClaims.Payload(context.SecurityToken.RawPayload), context.HttpContext.RequestAborted);
        var use = provider.Options.UserInfo;
        var isAsked = use != UserInfoUse.Never && SignInProgress.Named(context.Properties, SessionAuthentication.Continues) is null
            && (use == UserInfoUse.Always || (!provider.Claims.HasName(idToken) && await provider.UserInfo.IsOfferedAsync(cancellationToken)));
        if (!isAsked) { return provider.Claims.Of(idToken); }
        try
        {
            return provider.Claims.Of(
                idToken, await provider.UserInfo.AskAsync(
                accessToken, FlowKey.Of(context.Properties), context.SecurityToken.Issuer, context.SecurityToken.Subject, cancellationToken));
        }
        catch (UserInfoException error) when (use == UserInfoUse.WhenNeeded && error.Fault != UserInfoFault.OtherUser)
        {
            WithoutUserInfo(error.Message);
            return provider.Claims.Of(idToken);
        }
    }

    /// <summary>The session is made here, not by the framework after it, so that a store that is down is said.</summary>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var properties = context.Properties!;
        var target = ReturnUrls.Of(context.HttpContext).StillAllowed(context.ReturnUri);
        properties.Items[SessionAuthentication.Provider] = provider.Name;
        try
        {
            if (SignInProgress.Named(properties, SessionAuthentication.Continues) is { } continued)
            {
                await ContinueAsync(new SessionId(continued), context.Principal!, properties);
            }
            else { await context.HttpContext.SignInAsync(SessionAuthentication.Scheme, context.Principal!, properties); }
            await GoOnAsync(context.HttpContext, target, isSilent: IsSilent(properties, out _));
        }
        catch (SignedOutMeanwhileException signedOut)
        {
            var refused = new SignInRefusedException(SignInFailure.SignedOutMeanwhile, signedOut.Message);
            await RemoteFailure(new(context.HttpContext, context.Scheme, context.Options, refused) { Properties = properties });
        }
        catch (SessionStoreException error)
        {
            UnusedTokens.RevokeNow(provider, properties, SignInProgress.Of(context.HttpContext));
            await FailAsync(context, LoginProblems.StoreUnavailable, SignInFailure.TemporarilyUnavailable, SignInFailure.CauseOf(error), target);
        }
        catch (ClaimsNotEnrichedException error)
        {
            await unused.RevokeAsync(context.HttpContext, provider, properties);
            await FailAsync(context, LoginProblems.ClaimsUnavailable, SignInFailure.TemporarilyUnavailable, error.Message, target);
        }
        catch (TooManySessionsException error)
        {
            await unused.RevokeAsync(context.HttpContext, provider, properties);
            await FailAsync(context, LoginProblems.TooManySessions, "login_required", error.Message, target);
        }
    }

    private static Task GoOnAsync(HttpContext context, string target, bool isSilent) =>
        !isSilent && PageBehindSignIn.IsAt(context, target)
            ? PageBehindSignIn.ArriveAsync(context, target)
            : Onward.GoAsync(context, target, isFramed: isSilent);

    /// <param name="context">Of a sign-in whose session could not begin.</param>
    /// <param name="problem">What the user is told.</param>
    /// <param name="silentCode">What the silent page is told.</param>
    /// <param name="cause">For the log.</param>
    /// <param name="target">The page that the user wanted.</param>
    private async Task FailAsync(TicketReceivedContext context, Problem problem, string silentCode, string cause, string target)
    {
        var (http, properties) = (context.HttpContext, context.Properties!);
        var silent = IsSilent(properties, out var page);
        SignInFailed(provider.Name, problem.Code, cause, "");
        metrics.Failed(problem.Code, silent, http.GetFrontEnd(), provider.Name);
        if (silent) { await Onward.GoAsync(http, SilentPage.Failure(ReturnUrls.Of(http).StillAllowed(page), silentCode), isFramed: true); }
        else { await (problem with { SignInUrl = WayBack.LoginUrl(context.Request, target, properties) }).ExecuteAsync(http); }
    }

    /// <summary>A silent sign-in renews a session and makes none: a page that renews by itself would never see its ends.</summary>
    private async Task ContinueAsync(SessionId id, ClaimsPrincipal user, AuthenticationProperties properties)
    {
        try
        {
            // It is of another session at the provider from now on, perhaps, whose logout found no session here when it came. Asked before, so that nobody is
            // given its tokens, and after, since the logout may come between.
            await EnsureNotSignedOutAsync(id, user, properties);
            await renewer.ContinueAsync(
                id, provider.Name, TokenSet.ReadFrom(properties, clock.GetUtcNow(), tokens.CurrentValue.AssumedLifetime), (ClaimsIdentity)user.Identity!);
            await EnsureNotSignedOutAsync(id, user, properties);
        }
        catch (SignedOutMeanwhileException)
        {
            await store.RemoveAsync(id, version: null, EndReasons.ProviderLogout, CancellationToken.None);
            throw;
        }
    }

    private async Task EnsureNotSignedOutAsync(SessionId id, ClaimsPrincipal user, AuthenticationProperties properties)
    {
        if (await store.FindAsync(id, CancellationToken.None) is not { } session) { return; }
        var brought = session with
        {
            Claims = RenewedClaims.WithSid(session.Claims, (ClaimsIdentity)user.Identity!), SignInBegunAt = SessionAuthentication.ReadBegunAt(properties),
        };
        await store.EnsureNotSignedOutAsync(brought, CancellationToken.None);
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        await unused.RevokeAsync(context.HttpContext, provider, context.Properties, context.Failure);
        var failure = SignInFailure.Of(context);
        if (SignInProgress.Of(context.HttpContext).HasUsedState)
        {
            SignInFailed(provider.Name, failure.Code, failure.Cause, Printable.Text(failure.Description, SignInFailure.MaxDescription));
        }
        else { _refusals.Refused(context.HttpContext, $"{failure.Code} ({failure.Cause})"); }

        string? page = null;
        context.Properties?.Items.TryGetValue(SilentPage.Item, out page);
        metrics.Failed(
            failure.Problem?.Code ?? (LoginMetrics.IsWellKnown(failure.Code) ? failure.Code : CountedFromZero.Other), silent: page is not null,
            context.HttpContext.GetFrontEnd(), provider.Name);
        await wayBack.TakeAsync(context, failure, page);
    }

    private static bool IsTwice(KeyValuePair<string, StringValues> parameter) => parameter.Value.Count > 1;

    private static bool IsSilent(AuthenticationProperties properties, out string? page) =>
        properties.Items.TryGetValue(SilentPage.Item, out page) && page is not null;

    private static SignInRefusedException Refused(string why) => new(SignInFailure.Failed, why);

    [LoggerMessage(LogLevel.Warning, "A sign-in goes on without userinfo. {Cause}")]
    private partial void WithoutUserInfo(string cause);

    [LoggerMessage(LogLevel.Warning, "A sign-in failed at provider {Provider}: {Code} ({Cause}). {Description}")]
    private partial void SignInFailed(string provider, string code, string cause, string description);
}

using System.Collections.ObjectModel;
using System.Security.Claims;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Policies;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

internal static class LoginFeature
{
    public static WebApplicationBuilder AddLogin(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<FlowState>().AddSingleton<LoginParameters>().AddSingleton<LoginMetrics>()
            .AddSingleton<WayBack>().AddSingleton<UnusedTokens>();
        services.AddSingleton<BackChannelEndpoint>().AddSingleton<LogoutTokenLimit>().AddSingleton<LogoutMetrics>();
        services.AddSingleton<EventsEndpoint>().AddSingleton<EventStreams>().AddHostedService(provider => provider.GetRequiredService<EventStreams>());
        services.AddSingleton<IValidateOptions<OidcOptions>, SecureCookiesRequired>();
        services.AddSingleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>();
        foreach (var name in ProviderNames.Of(builder.AcceptedConfiguration()).All)
        {
            services.AddAuthentication().AddRemoteScheme<OpenIdConnectOptions, OidcHandler>(OidcScheme.Of(name), displayName: null, configureOptions: null);
            services.AddOptions<OpenIdConnectOptions>(OidcScheme.Of(name)).Configure<IServiceProvider>(
                (options, provider) => Configure(options, provider.GetRequiredService<ProviderSet>()[name], provider));
        }

        return builder;
    }

    /// <summary>
    /// A call to a route has its session read and nothing else. Elsewhere the framework's middleware does it, which asks every sign-in handler first whether the
    /// request is its callback; what it makes for that would stay as long as an event stream is open.
    /// </summary>
    public static WebApplication UseSessions(this WebApplication app)
    {
        var authorization = app.Services.GetRequiredService<CallAuthorization>();
        app.MapWhen(IsShort, calls => calls.Use(ForgetOthers).UseMiddleware<SessionMiddleware>().UsePagesBehindSignIn()
            .UseWhen(authorization.IsToBeAsked, asked => asked.UseAuthorization())
            .Run(context => context.GetEndpoint()?.RequestDelegate is { } endpoint ? endpoint(context) : Problem.NotFound.ExecuteAsync(context)));
        app.Use(app.Services.GetRequiredService<AuditedClient>().InvokeAsync);
        app.UseAuthentication();
        if (!IsDefault(app.Services)) { app.UseWhen(context => OwnPaths.Has(context.Request.Path), ours => ours.Use(AuthenticateAsync)); }
        app.UseAuthorization();
        return app;

        static bool IsShort(HttpContext context) => OwnPaths.IsForwarded(context) || context.Request.Path == EventsEndpoint.Path;
    }

    /// <summary>The program around us may have made another scheme the default of its own endpoints.</summary>
    private static bool IsDefault(IServiceProvider services) =>
        services.GetRequiredService<IOptions<AuthenticationOptions>>().Value is var options
        && (options.DefaultAuthenticateScheme ?? options.DefaultScheme) == SessionAuthentication.Scheme;

    private static async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        context.User = (await context.AuthenticateAsync(SessionAuthentication.Scheme)).Principal ?? Nobody();
        await next(context);
    }

    /// <summary>A caller is known by a session or by a token of their own, whomever another scheme of the program around us may have found before.</summary>
    private static Task ForgetOthers(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpAuthenticationFeature>()?.User is not null && context.Features.Get<TokenCaller>() is null)
        {
            context.User = Nobody();
            context.Features.Set<IAuthenticateResultFeature>(null);
        }

        return next(context);
    }

    private static ClaimsPrincipal Nobody() => new(new ClaimsIdentity());

    public static WebApplication MapLogin(this WebApplication app)
    {
        app.Services.GetRequiredService<LoginMetrics>();   // its counters are there from the start
        ShareCounts(app.Services);
        // The framework's options hold settings of ours, such as the time limit: made anew after a reload.
        var oidc = app.Services.GetRequiredService<IOptionsMonitorCache<OpenIdConnectOptions>>();
        app.Services.GetRequiredService<AcceptedConfiguration>().Changed += oidc.Clear;

        var bff = app.MapGroup("/bff").AllowAnonymous();
        bff.MapGet("/login", LoginEndpoint.Handle).RequireLimit(RateLimits.SignIn).WithMetadata(new CountedApart(Initiator.MayNotBegin));
        bff.MapGet("/silent-login", SilentLoginEndpoint.Handle).RequireLimit(RateLimits.SignIn)
            .WithMetadata(new WhenTooMany(SilentLoginEndpoint.TooMany), new CountedApart(Initiator.MayNotBegin));
        bff.MapGet("/logout", LogoutEndpoint.HandleNavigation);
        bff.MapPost("/logout", LogoutEndpoint.HandlePost).RequireCsrfHeader();
        bff.MapGet("/user", UserEndpoint.Handle).RequireCsrfHeader();
        bff.MapGet("/session", SessionEndpoint.Handle).RequireCsrfHeader();
        bff.MapGet("/sessions", UserSessionsEndpoint.List).RequireCsrfHeader().RequireLimit(RateLimits.OwnSessions);
        bff.MapDelete("/sessions/{handle}", UserSessionsEndpoint.End).RequireCsrfHeader().RequireLimit(RateLimits.OwnSessions);
        app.MapGet(EventsEndpoint.Path, app.Services.GetRequiredService<EventsEndpoint>().HandleAsync).AllowAnonymous().RequireOrigin();
        bff.MapGet("/frontchannel", FrontChannelEndpoint.Handle);
        app.MapPost(BackChannelEndpoint.Path, app.Services.GetRequiredService<BackChannelEndpoint>().HandleAsync).AllowAnonymous()
            .WithMetadata(new RefusesLargeBodies());
        ScriptEndpoint.Map(app, name => PageFile.Read(typeof(ScriptEndpoint).Assembly, name));
        foreach (var provider in app.Services.GetRequiredService<ProviderSet>().All) { MapCallbacks(app, provider); }
        return app;
    }

    /// <summary>The handler responds to these while the request is authenticated; as endpoints they are in the route table, with all that goes by it.</summary>
    private static void MapCallbacks(WebApplication app, Provider provider)
    {
        var method = ResponseModes.IsPosted(provider.Options.ResponseMode) ? HttpMethods.Post : HttpMethods.Get;
        Map(OidcScheme.CallbackOf(provider.Name), method, RateLimits.Callback)
            .WithMetadata(new CountedApart(context => !FlowCookies.MayEndHere(context.Request, provider)));
        Map(OidcScheme.SignedOutCallbackOf(provider.Name), HttpMethods.Get, RateLimits.SignedOut).WithMetadata(new CountedApart(Initiator.MayNotBegin));

        RouteHandlerBuilder Map(PathString path, string method, string limit) => app.MapMethods(path, [method], () => LoginProblems.InvalidState)
            .AllowAnonymous().RequireLimit(limit).WithMetadata(new WhenTooMany(SilentLoginEndpoint.TooMany));
    }

    /// <summary>Browsers take a <c>SameSite=None</c> cookie only when it is <c>Secure</c>.</summary>
    private sealed class SecureCookiesRequired(AcceptedConfiguration accepted) : IValidateOptions<OidcOptions>
    {
        public ValidateOptionsResult Validate(string? name, OidcOptions options) =>
            ResponseModes.IsPosted(options.ResponseMode) && accepted.Root.GetValue<bool>("Bff:Sessions:InsecureCookie")
                ? ValidateOptionsResult.Fail(
                    $"{ClientRegistration.SectionOf(name ?? "")}:ResponseMode: '{options.ResponseMode}' needs Secure cookies, and Bff:Sessions:InsecureCookie is on.")
                : ValidateOptionsResult.Success;
    }

    /// <summary>What strangers ask for is counted for all nodes, while there are others.</summary>
    private static void ShareCounts(IServiceProvider services)
    {
        if (!services.GetRequiredService<SessionStorage>().IsShared) { return; }
        var (store, heartbeat) = (services.GetRequiredService<ISessionStore>(), services.GetRequiredService<Heartbeat>());
        services.GetRequiredService<SharedCounts>().Exchange = async (counts, windowEnd, cancellationToken) =>
            heartbeat.Living > 1 ? await store.CountAsync(counts, windowEnd, cancellationToken) : ReadOnlyDictionary<string, long>.Empty;
    }

    private static void Configure(OpenIdConnectOptions options, Provider provider, IServiceProvider services)
    {
        var oidc = provider.Options;
        var sessions = services.GetRequiredService<IOptions<SessionsOptions>>().Value;

        options.CallbackPath = OidcScheme.CallbackOf(provider.Name);
        options.SignedOutCallbackPath = OidcScheme.SignedOutCallbackOf(provider.Name);
        options.SignInScheme = SessionAuthentication.Scheme;
        options.SignOutScheme = SessionAuthentication.Scheme;
        options.ClientId = oidc.ClientId;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = oidc.ResponseMode;
        options.UsePkce = true;
        options.Scope.Clear();
        foreach (var scope in oidc.Scopes) { options.Scope.Add(scope); }

        options.ConfigurationManager = provider.Metadata;
        options.Backchannel = provider.Registration.CreateHttpClient();
        options.TokenHandler = provider.IdTokens;
        options.TokenValidationParameters.NameClaimType = "name";
        options.TokenValidationParameters.RoleClaimType = "role";
        options.MapInboundClaims = false;
        options.DisableTelemetry = true;
        options.SaveTokens = false;   // OidcEvents stores them, with a lifetime that is always known.
        options.Events = ActivatorUtilities.CreateInstance<OidcEvents>(services, provider);
        options.ClaimActions.Clear();   // OidcEvents leaves out what is not about the user.

        options.RemoteSignOutPath = default;   // Front-channel logout: a GET without proof of anything.
        options.RemoteAuthenticationTimeout = FlowCookies.Lifetime;
        options.ProtocolValidator.HashAlgorithmMap[TokenAlgorithms.EdDsa] = "SHA512";   // at_hash with Ed25519
        options.ProtocolValidator.NonceLifetime = FlowCookies.Lifetime;
        options.CorrelationCookie = FlowCookies.State(sessions, oidc);
        options.NonceCookie = FlowCookies.Nonce(sessions, oidc);
    }
}

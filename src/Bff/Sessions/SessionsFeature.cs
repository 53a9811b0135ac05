using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bff.Sessions;

internal static partial class SessionsFeature
{
    public static WebApplicationBuilder AddSessions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<SessionsOptions>("Bff:Sessions");
        services.AddOptions<SessionsOptions>().Validate<IHostEnvironment>(
            (options, environment) => !options.InsecureCookie || environment.IsDevelopment(),
            "Bff:Sessions:InsecureCookie: is for Development only; elsewhere the session cookie must be Secure.");
        services.AddSingleton<SessionChanges>().AddSingleton<SessionCache>().AddSingleton<SessionCookie>().AddSingleton<IdleClock>().AddSingleton<TokenProtector>();
        services.AddSingleton(provider => new SqliteDatabase(provider.GetRequiredService<IOptions<SessionsOptions>>().Value.Connection));
        services.AddSingleton<ISessionStore>(provider => new SqlSessionStore(
            provider.GetRequiredService<SqliteDatabase>(), provider.GetRequiredService<TokenProtector>(), provider.GetRequiredService<SessionChanges>()));
        services.AddHostedService<SessionSweeper>();

        services.AddDataProtection().SetApplicationName("Bff");
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>((keys, provider) => keys.XmlRepository = new KeyFolder(provider));

        services.AddAuthentication(SessionAuthentication.Scheme)
            .AddScheme<SessionAuthenticationOptions, SessionAuthenticationHandler>(SessionAuthentication.Scheme, configureOptions: null);
        services.AddAuthorization();
        return builder;
    }

    /// <summary>Creates the store's schema, so that an unusable store stops the start.</summary>
    /// <exception cref="IOException">The store cannot be used; the message names the setting.</exception>
    public static void PrepareSessions(this WebApplication app)
    {
        app.Services.GetRequiredService<SqliteDatabase>().Prepare();
        if (app.Services.GetRequiredService<IOptions<SessionsOptions>>().Value.InsecureCookie)
        {
            CookieIsInsecure(app.Logger);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Bff:Sessions:InsecureCookie is on: the session cookie is not Secure. Never use this outside a developer's machine.")]
    private static partial void CookieIsInsecure(ILogger logger);
}

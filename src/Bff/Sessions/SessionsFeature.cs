using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
        services.AddHttpContextAccessor();   // the audit stream names the client's address
        services.AddSingleton(OpenDatabase).AddSingleton<SqlSessionStore>().AddSingleton<SessionMetrics>().AddSingleton<Audit>();
        services.AddSingleton<ISessionStore>(provider => ActivatorUtilities.CreateInstance<WatchedSessionStore>(provider, provider.GetRequiredService<SqlSessionStore>()));
        services.AddHostedService<SessionSweeper>().AddHostedService<SessionCensus>().AddHostedService<PostgreSqlChanges>();

        services.AddDataProtection().SetApplicationName(LiveKeys.ApplicationName);
        services.AddSingleton<LiveKeys>().AddHostedService(provider => provider.GetRequiredService<LiveKeys>());
        services.Replace(ServiceDescriptor.Singleton<IDataProtectionProvider>(provider => provider.GetRequiredService<LiveKeys>()));
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>((keys, provider) =>
            (keys.XmlRepository, keys.XmlEncryptor) = (new KeyRing(provider), KeyCertificates.CreateEncryptor(provider)));
        services.Replace(ServiceDescriptor.Singleton(KeyCertificates.CreateKeyManager));
        services.AddSingleton(provider => new Lazy<IKeyManager>(provider.GetRequiredService<IKeyManager>));   // the configuration is checked first

        services.AddAuthentication(SessionAuthentication.Scheme)
            .AddScheme<SessionAuthenticationOptions, SessionAuthenticationHandler>(SessionAuthentication.Scheme, configureOptions: null);
        services.AddAuthorization();
        return builder;
    }

    /// <summary>Creates the store's schema, so that an unusable store stops the start.</summary>
    /// <exception cref="IOException">The store cannot be used; the message names the setting.</exception>
    /// <param name="app">The application.</param>
    /// <param name="keysMustOpen">Off for who lists keys, or is about to revoke one that opens no longer: nothing is sealed then, and no key made.</param>
    public static void PrepareSessions(this WebApplication app, bool keysMustOpen = true)
    {
        app.Services.GetRequiredService<SessionDatabase>().Prepare();
        if (keysMustOpen)
        {
            KeyCertificates.EnsureKeysOpen(app.Services.GetRequiredService<IKeyManager>(), app.Services.GetRequiredService<TimeProvider>().GetUtcNow());
            app.Services.GetRequiredService<TokenProtector>().Probe();   // makes the first key, and one in place of keys that do not open
        }

        if (app.Services.GetRequiredService<IOptions<SessionsOptions>>().Value.InsecureCookie)
        {
            CookieIsInsecure(app.Logger);
        }
    }

    private static SessionDatabase OpenDatabase(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<SessionsOptions>>().Value;
        return options.Store == SessionsOptions.PostgreSql ? new PostgreSqlDatabase(options.Connection) : new SqliteDatabase(options.Connection, services.GetRequiredService<IHostEnvironment>().ContentRootPath);
    }

    [LoggerMessage(LogLevel.Warning, "Bff:Sessions:InsecureCookie is on: the session cookie is not Secure. Never use this outside a developer's machine.")]
    private static partial void CookieIsInsecure(ILogger logger);
}

using Bff.Configuration;
using Bff.Sessions.Authentication;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Redis;
using Bff.Sessions.Store.Sqlite;
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
        services.AddSingleton<IValidateOptions<SessionsOptions>, ConnectionStringCheck>();
        services.AddSingleton<SessionEvents>().AddHostedService(provider => provider.GetRequiredService<SessionEvents>());   // stops after all that tells it
        services.AddSingleton<SessionChanges>().AddSingleton<SessionCache>().AddSingleton<SessionCookie>().AddSingleton<SlidingExpiration>()
            .AddSingleton<SessionReader>().AddSingleton<TokenProtector>();
        services.AddSingleton(OpenStorage).AddSingleton<StoreHealth>().AddSingleton<StorePreparation>().AddSingleton<SessionMetrics>();
        services.AddSingleton<Audit>().AddSingleton<AuditedClient>();
        services.AddSingleton(OpenStore);
        services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<InstrumentedSessionStore>());
        services.AddSingleton<IRenewalQueue>(provider => provider.GetRequiredService<InstrumentedSessionStore>());
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<InstrumentedSessionStore>());
        services.AddSingleton<IClientTokenStore>(provider => provider.GetRequiredService<InstrumentedSessionStore>());
        services.AddSingleton<SessionCounts>().AddHostedService(provider => provider.GetRequiredService<SessionCounts>());
        services.AddSingleton<Heartbeat>().AddHostedService(provider => provider.GetRequiredService<Heartbeat>());   // stops after the renewals do
        services.AddHostedService<StoreWatch>().AddHostedService<SessionSweeper>().AddHostedService<SessionChangeCarrier>();

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

    /// <summary>
    /// Takes out what reads the framework's own key ring at the start, which nobody uses here, and prints a stack trace when it cannot. To be called last:
    /// each <c>AddAuthentication</c> brings it again.
    /// </summary>
    public static WebApplicationBuilder WithoutUnusedKeyRing(this WebApplicationBuilder builder)
    {
        foreach (var unused in builder.Services.Where(service => service.ImplementationType?.Name == "DataProtectionHostedService").ToList())
        {
            builder.Services.Remove(unused);
        }
        return builder;
    }

    /// <summary>Creates the store's schema, so that a store that can never be used as configured stops the start. One that is away does not.</summary>
    /// <exception cref="IOException">The store cannot be used; the message names the setting.</exception>
    public static void PrepareSessions(this WebApplication app)
    {
        app.Services.GetRequiredService<StorePreparation>().RunOrWait();
        if (app.Services.GetRequiredService<IOptions<SessionsOptions>>().Value.InsecureCookie)
        {
            CookieIsInsecure(app.Logger);
        }
    }

    /// <summary>This and <see cref="ConnectionStringCheck"/> are all that knows which kinds of storage there are.</summary>
    private static SessionStorage OpenStorage(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<SessionsOptions>>().Value;
        SessionStorage storage = options.Store switch
        {
            SessionsOptions.PostgreSql => new PostgreSqlDatabase(options.ConnectionString!, options.StoreTimeout),
            SessionsOptions.Redis => new RedisStorage(options.ConnectionString!, options.StoreTimeout),
            _ => new SqliteDatabase(FileOf(options), services.GetRequiredService<IHostEnvironment>().ContentRootPath, options.StoreTimeout),
        };
        storage.Migrated = migration =>
        {
            StoreMigrated(services.GetRequiredService<ILogger<SessionStorage>>(), migration.From, migration.To, migration.ReadableFrom);
            services.GetRequiredService<Audit>().StoreMigrated(migration.From, migration.To, migration.ReadableFrom);
        };
        return storage;
    }

    private static string FileOf(SessionsOptions options) =>
        options.ConnectionString is { Length: > 0 } given ? given : SessionsOptions.DefaultConnectionString;

    private sealed class ConnectionStringCheck : IValidateOptions<SessionsOptions>
    {
        public ValidateOptionsResult Validate(string? name, SessionsOptions options)
        {
            var problem = options.Store switch
            {
                SessionsOptions.PostgreSql => PostgreSqlDatabase.ProblemWith(options.ConnectionString),
                SessionsOptions.Redis => RedisStorage.ProblemWith(options.ConnectionString),
                SessionsOptions.Sqlite => SqliteDatabase.ProblemWith(FileOf(options)),
                _ => null,
            };
            return problem is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail($"Bff:Sessions:ConnectionString: {problem}");
        }
    }

    private static InstrumentedSessionStore OpenStore(IServiceProvider services)
    {
        var storage = services.GetRequiredService<SessionStorage>();
        var store = storage.OpenStore(
            services.GetRequiredService<TokenProtector>(), services.GetRequiredService<SessionChanges>(),
            services.GetRequiredService<IOptions<SessionClients>>(), services.GetRequiredService<TimeProvider>());
        return ActivatorUtilities.CreateInstance<InstrumentedSessionStore>(services, store);
    }

    [LoggerMessage(
        LogLevel.Information,
        "The session store was migrated from schema {From} to {To}. Versions of Bff that know schema {ReadableFrom} or later can use it.")]
    private static partial void StoreMigrated(ILogger logger, long from, long to, long readableFrom);

    [LoggerMessage(LogLevel.Warning, "Bff:Sessions:InsecureCookie is on: the session cookie is not Secure. Never use this outside a developer's machine.")]
    private static partial void CookieIsInsecure(ILogger logger);
}

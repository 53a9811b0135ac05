using Bff.Configuration;
using Bff.Guard;
using Bff.Hosting;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

internal static class RenewalFeature
{
    /// <summary>What requests under way may take when the process stops, and the writes of the last renewals.</summary>
    private static readonly TimeSpan LastRequests = TimeSpan.FromSeconds(20);

    public static WebApplicationBuilder AddRenewal(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<RenewalOptions>("Bff:Renewal");
        services.AddRenewalEngine().AddHostedService<RenewalScheduler>().AddHostedService<RevocationWorker>();
        services.AddOptions<SessionClients>().Configure<ProviderSet>((clients, providers) => clients.All = [.. providers.All.Select(ClientOf)]);
        services.AddOptions<SessionAuthenticationOptions>(SessionAuthentication.Scheme)
            .Configure<RenewalPolicy, IOptionsMonitor<TokenOptions>>((sessions, policy, tokens) =>
            {
                sessions.FirstDueAt = (id, tokenSet) => policy.DueAt(id, tokenSet);
                sessions.AssumedLifetime = () => tokens.CurrentValue.AssumedLifetime;
            });

        // Looked up when it beats: what counts renewals knows the providers, whose limits depend on how many nodes live.
        services.AddOptions<NodeDescription>().Configure<IServiceProvider>(
            (node, provider) => node.CountRenewals = () => provider.GetRequiredService<RenewalMetrics>().RenewedSoFar);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = LastRequests);
        return builder;
    }

    private static SessionClient ClientOf(Provider provider) => new()
    {
        Provider = provider.Name,
        Name = SessionClient.NameOf(provider.Options.Authority, provider.Options.ClientId),
        KeepsForRevocation = () => provider.Metadata.Known is not { RevocationEndpoint: null or "" },   // not known yet: it may offer it
        RevokesAccessTokens = () => provider.Options.RevokeAccessTokens,
    };

    /// <summary>In the order in which a call that needs a token walks through it.</summary>
    public static IServiceCollection AddRenewalEngine(this IServiceCollection services) => services
        .AddSingleton<Renewer>().AddSingleton<RenewalPolicy>().AddSingleton<RenewalFlights>().AddSingleton<RenewalAttempt>()
        .AddSingleton<RenewalAdmission>().AddSingleton<RenewalLeases>().AddSingleton<RenewalJudge>().AddSingleton<RenewalWriter>()
        .AddSingleton<RenewalLog>().AddSingleton<RenewalMetrics>().AddSingleton<ClaimsEnrichers>();

    public static WebApplication MapRenewal(this WebApplication app)
    {
        var heartbeat = app.Services.GetRequiredService<Heartbeat>();
        app.Services.GetRequiredService<CallSharing>().Nodes = () => heartbeat.Living;
        app.AllowToStop<TokenOptions>(tokens => tokens.TokenTimeout);   // one token call beside what the last requests take
        app.MapPost("/bff/renew", RenewEndpoint.Handle).AllowAnonymous().RequireCsrfHeader();
        return app;
    }
}

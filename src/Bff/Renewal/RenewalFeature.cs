using Bff.Guard;
using Bff.Sessions;
using Bff.Tokens;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

internal static class RenewalFeature
{
    public static WebApplicationBuilder AddRenewal(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<RenewalOptions>("Bff:Renewal");
        services.AddSingleton<RenewalSchedule>().AddSingleton<TokenCallGate>().AddSingleton<RenewalMetrics>().AddSingleton<RenewalWork>().AddSingleton<Renewer>().AddHostedService<RenewalScheduler>();
        services.AddOptions<SessionAuthenticationOptions>(SessionAuthentication.Scheme)
            .Configure<RenewalSchedule, IOptions<TokenOptions>>((sessions, schedule, tokens) =>
            {
                sessions.FirstDueAt = schedule.DueAt;
                sessions.AssumedLifetime = tokens.Value.AssumedLifetime;
            });

        // Room for one token call and its store write beside what the last requests take.
        services.AddOptions<HostOptions>().Configure<IOptions<TokenOptions>>((host, tokens) => host.ShutdownTimeout = tokens.Value.TokenTimeout + TimeSpan.FromSeconds(20));
        return builder;
    }

    public static WebApplication MapRenewal(this WebApplication app)
    {
        app.MapPost("/bff/renew", RenewEndpoint.Handle).AllowAnonymous().RequireCsrfHeader();
        return app;
    }
}

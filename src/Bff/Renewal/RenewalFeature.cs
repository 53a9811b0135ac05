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
        services.AddSingleton<RenewalSchedule>().AddSingleton<Renewer>().AddHostedService<RenewalScheduler>();
        services.AddOptions<SessionAuthenticationOptions>(SessionAuthentication.Scheme)
            .Configure<RenewalSchedule, IOptions<TokenOptions>>((sessions, schedule, tokens) =>
            {
                sessions.FirstDueAt = schedule.DueAt;
                sessions.AssumedLifetime = tokens.Value.AssumedLifetime;
            });
        return builder;
    }

    public static WebApplication MapRenewal(this WebApplication app)
    {
        app.MapPost("/bff/renew", RenewEndpoint.Handle).AllowAnonymous().RequireCsrfHeader().WithMetadata(new DoesNotSlide());
        return app;
    }
}

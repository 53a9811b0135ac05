using Bff.Guard;
using Bff.Sessions;

namespace Bff.Renewal;

internal static class RenewalFeature
{
    public static WebApplicationBuilder AddRenewal(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<RenewalOptions>("Bff:Renewal");
        services.AddSingleton<RenewalSchedule>().AddSingleton<Renewer>().AddHostedService<RenewalScheduler>();
        services.AddOptions<SessionAuthenticationOptions>(SessionAuthentication.Scheme)
            .Configure<RenewalSchedule>((sessions, schedule) => sessions.FirstDueAt = schedule.DueAt);
        return builder;
    }

    public static WebApplication MapRenewal(this WebApplication app)
    {
        app.MapPost("/bff/renew", RenewEndpoint.Handle).AllowAnonymous().RequireCsrfHeader().WithMetadata(new DoesNotSlide());
        return app;
    }
}

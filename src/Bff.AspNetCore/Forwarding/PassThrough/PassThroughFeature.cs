using Bff.Configuration;

namespace Bff.Forwarding.PassThrough;

internal static class PassThroughFeature
{
    /// <summary>Of a route: for whom a caller's token must be.</summary>
    public const string AudienceMetadata = "Bff.Audience";

    public const string Section = "Bff:PassThrough";

    public static IServiceCollection AddPassThrough(this IServiceCollection services)
    {
        services.AddSettings<PassThroughOptions>(Section);
        return services.AddSingleton<KnownTokens>().AddSingleton<WrongTokenLimit>().AddSingleton<CallersTokens>();
    }

    /// <summary>After the guard, and before any session is read.</summary>
    public static WebApplication UseCallersTokens(this WebApplication app)
    {
        app.UseMiddleware<CallersTokenMiddleware>();
        return app;
    }
}

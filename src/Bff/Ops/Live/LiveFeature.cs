namespace Bff.Ops.Live;

/// <summary>What goes on right now, and what went on a moment ago.</summary>
internal static class LiveFeature
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<OpsHistory>().AddHostedService(provider => provider.GetRequiredService<OpsHistory>());
        services.AddSingleton<Overview>();
    }

    public static void MapLive(this IEndpointRouteBuilder ops) => ops.MapGet("/overview", Overview.Handle);
}

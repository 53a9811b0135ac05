namespace Bff.Ops.Live;

/// <summary>What goes on right now, and what went on a moment ago.</summary>
internal static class LiveFeature
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<OpsHistory>().AddSingleton<Overview>().AddSingleton<RoutesView>().AddSingleton<CallHistory>().AddSingleton<Certificates>();
        services.AddSingleton<Nodes>().ConfigureOptions<ThisNode>();
    }

    public static void MapLive(this IEndpointRouteBuilder ops)
    {
        ops.ServiceProvider.GetRequiredService<Certificates>();   // its metric is there before anybody looks at the page
        ops.ServiceProvider.GetRequiredService<CallHistory>();    // and what these tell began before
        ops.ServiceProvider.GetRequiredService<OpsHistory>();
        ops.MapGet("/overview", Overview.Handle);
    }
}

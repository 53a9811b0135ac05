namespace Bff.Reload;

internal static class ReloadFeature
{
    public static WebApplicationBuilder AddReload(this WebApplicationBuilder builder)
    {
        var accepted = new AcceptedConfiguration();
        accepted.Accept(Snapshot.Of(builder.Configuration));
        builder.Services.AddSingleton(accepted).AddSingleton(new ConfigurationFiles(builder.Configuration.Sources));
        builder.Services.AddSingleton<ConfigurationReload>().AddHostedService(provider => provider.GetRequiredService<ConfigurationReload>());
        return builder;
    }

    /// <summary>For what wants its configuration while services are still being registered.</summary>
    public static IConfiguration AcceptedConfiguration(this WebApplicationBuilder builder) =>
        builder.Services.Select(service => service.ImplementationInstance).OfType<AcceptedConfiguration>().Single().Root;
}

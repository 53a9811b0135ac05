namespace Bff.Reload;

internal static class ReloadFeature
{
    public static WebApplicationBuilder AddReload(this WebApplicationBuilder builder)
    {
        var accepted = new AcceptedConfiguration();
        accepted.Accept(Snapshot.Of(builder.Configuration), []);
        builder.Services.AddSettings<ConfigurationFileOptions>("Bff");
        builder.Services.AddSingleton(accepted).AddSingleton<ConfigurationReader>().AddSingleton<ServerCertificates>();
        builder.Services.AddSingleton<ConfigurationReload>().AddHostedService(provider => provider.GetRequiredService<ConfigurationReload>());
        builder.WebHost.ConfigureKestrel(kestrel => KestrelSettings.ApplyLimits(accepted.Root, kestrel.Limits));
        return builder;
    }

    /// <summary>For what wants its configuration while services are still being registered.</summary>
    public static IConfiguration AcceptedConfiguration(this WebApplicationBuilder builder) =>
        builder.Services.Select(service => service.ImplementationInstance).OfType<AcceptedConfiguration>().Single().Root;
}

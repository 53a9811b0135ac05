using Bff.Configuration.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Bff.Configuration;

internal static class ConfigurationFeature
{
    public static WebApplicationBuilder AddConfiguration(this WebApplicationBuilder builder)
    {
        Durations.ReadEverywhere();
        var accepted = new AcceptedConfiguration();
        accepted.Accept(Snapshot.Of(builder.Configuration), []);
        builder.Services.AddSingleton(accepted).AddSingleton<ConfigurationReader>().AddSingleton<ServerCertificates>();
        builder.Services.AddSingleton<ConfigurationReload>().AddHostedService(provider => provider.GetRequiredService<ConfigurationReload>());
        builder.WebHost.ConfigureKestrel(kestrel => KestrelLimits.Apply(accepted.Root, kestrel.Limits));

        // Beneath the server's own buffer is the socket's, of 1 MiB, and what nobody reads is held there.
        builder.Services.AddOptions<SocketTransportOptions>().Configure<IOptions<KestrelServerOptions>>((sockets, kestrel) =>
            sockets.MaxReadBufferSize = kestrel.Value.Limits.MaxRequestBufferSize);
        return builder;
    }

    /// <summary>For what wants its configuration while services are still being registered.</summary>
    public static IConfiguration AcceptedConfiguration(this WebApplicationBuilder builder) =>
        builder.Services.Select(service => service.ImplementationInstance).OfType<AcceptedConfiguration>().Single().Root;
}

using System.Net;
using Bff.Configuration;
using Bff.Configuration.Kestrel;
using Bff.Hosting;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Bff.Ops;

/// <summary>The operators' listener, and how it and others that are not public get their place beside the public ones.</summary>
internal static class OpsPort
{
    /// <summary>Its name among Kestrel's endpoints: <c>Kestrel:Endpoints:Ops</c> may say more about it, such as its certificate.</summary>
    public const string Endpoint = "Ops";

    private const string Endpoints = "Endpoints";

    /// <summary>The request came in on the ops port.</summary>
    public static bool Received(HttpContext context) => PrivateListener.Of(context) is { Endpoint: Endpoint };

    /// <summary>Where a process on this machine reaches the ops port at <paramref name="url"/>; null when that cannot be told.</summary>
    public static Uri? LocalAddress(string url)
    {
        if (OpsOptions.Parse(url) is not { Port: > 0 } address) { return null; }
        var everywhere = address.Host is "*" or "+"
            || (IPAddress.TryParse(address.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
        return new UriBuilder(address.Scheme, everywhere ? "127.0.0.1" : address.Host, address.Port).Uri;
    }

    public static void Listen(WebApplicationBuilder builder)
    {
        var addresses = TakePublicAddresses(builder);
        var accepted = builder.AcceptedConfiguration();
        builder.Services.AddSingleton(new PrivateListener(
            Endpoint,
            () => accepted[$"{OpsOptions.Section}:{nameof(OpsOptions.Url)}"] is { Length: > 0 } given ? given : OpsOptions.DefaultUrl,
            services => services.GetRequiredService<IOptions<OpsOptions>>().Value.ClientCertificateAuthority));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var listeners = kestrel.ApplicationServices.GetServices<PrivateListener>().ToList();
            var endpoints = addresses.Select((address, index) => ($"Bff{(index == 0 ? "" : index + 1)}", address))
                .Concat(listeners.Select(listener => (listener.Endpoint, listener.Url())));
            var certificates = kestrel.ApplicationServices.GetRequiredService<ServerCertificates>();
            var configuration = new ConfigurationBuilder()
                .AddConfiguration(certificates.WithoutOurs(accepted.GetSection("Kestrel")))
                .AddInMemoryCollection(endpoints.Select(endpoint => KeyValuePair.Create<string, string?>($"{Endpoints}:{endpoint.Item1}:Url", endpoint.Item2)))
                .Build();
            var loader = kestrel.Configure(configuration, reloadOnChange: certificates.AreKestrels);
            foreach (var name in configuration.GetSection(Endpoints).GetChildren().Select(endpoint => endpoint.Key))
            {
                loader.Endpoint(name, endpoint => PreparePublic(endpoint, name, certificates));
            }
            foreach (var listener in listeners)
            {
                loader.Endpoint(listener.Endpoint, endpoint => Prepare(endpoint, listener, kestrel.ApplicationServices, certificates));
            }
        });
    }

    /// <summary>Kestrel listens at endpoints or at plain addresses, never at both, so addresses become endpoints beside ours.</summary>
    private static IReadOnlyList<string> TakePublicAddresses(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var addresses = Listening.HasPublicEndpoint(configuration) ? [] : Listening.PublicAddresses(configuration);

        // An empty list of addresses, where an empty text would only bring back the one of the environment.
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [WebHostDefaults.ServerUrlsKey] = ";", [WebHostDefaults.HttpPortsKey] = "", [WebHostDefaults.HttpsPortsKey] = "",
        });
        return addresses;
    }

    /// <summary>Bff has no use for a browser's certificate, yet the configuration may ask for one. HTTP/3 knows no such hook.</summary>
    private static void PreparePublic(EndpointConfiguration endpoint, string name, ServerCertificates certificates)
    {
        if (!endpoint.IsHttps || endpoint.ListenOptions.Protocols.HasFlag(HttpProtocols.Http3)) { return; }
        if (certificates.Has(name)) { endpoint.HttpsOptions.ServerCertificateSelector = (_, _) => null; }   // Kestrel wants one from somewhere
        endpoint.HttpsOptions.OnAuthenticate = (_, tls) =>
        {
            ClientAuthority.NeverDownload(tls);
            certificates.Show(name, tls);
        };
    }

    private static void Prepare(EndpointConfiguration endpoint, PrivateListener listener, IServiceProvider services, ServerCertificates certificates)
    {
        // Connections of HTTP/3 do not pass here and would stay unmarked; HTTP/2 needs TLS.
        endpoint.ListenOptions.Protocols = endpoint.IsHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        endpoint.ListenOptions.Use(next => connection =>
        {
            connection.Features.Set(listener);
            return next(connection);
        });

        PreparePublic(endpoint, listener.Endpoint, certificates);
        if (!endpoint.IsHttps || listener.ClientAuthority(services) is not { Length: > 0 } authority) { return; }
        endpoint.HttpsOptions.ClientCertificateMode = ClientCertificateMode.AllowCertificate;   // who comes without may have a token, or be a probe
        var trusted = new ClientAuthority(authority);
        endpoint.HttpsOptions.OnAuthenticate = (connection, tls) =>
        {
            trusted.Decide(connection, tls);
            certificates.Show(listener.Endpoint, tls);
        };
    }
}

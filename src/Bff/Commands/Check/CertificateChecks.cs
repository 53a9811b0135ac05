using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Bff.Configuration;
using Bff.Configuration.Kestrel;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.Named;

namespace Bff.Commands.Check;

/// <summary>TLS certificates, ours from Kestrel's configuration and the provider's, that have expired or soon will.</summary>
internal sealed class CertificateChecks(AcceptedConfiguration accepted, IHostEnvironment environment, TimeProvider clock)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(21);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public IReadOnlyList<Finding> Ours() => [.. KestrelCertificates.Find(accepted.Root.GetSection(KestrelSettings.Section)).Select(Judge)];

    /// <summary>The one that says who we are at a provider.</summary>
    public IReadOnlyList<Finding> Client(Provider provider)
    {
        if (!provider.Options.HasClientCertificate) { return []; }
        var name = Finding.NameOf(provider.Registration, "client TLS");
        using var certificate = ClientCertificate.Load(provider.Options);   // the check of the configuration has done so, too
        return [Judge(
            name, $"{provider.Registration.Section}:{nameof(OidcOptions.ClientCertificate)}", certificate,
            "Renew it, register the new one at the provider, and replace the files.")];
    }

    public async Task<IReadOnlyList<Finding>> ProviderAsync(Provider provider)
    {
        var authority = new Uri(provider.Options.Authority);
        if (authority.Scheme != Uri.UriSchemeHttps) { return []; }
        var name = Finding.NameOf(provider.Registration, "provider's TLS");
        X509Certificate2? seen = null;
        try
        {
            using var limit = new CancellationTokenSource(Limit, clock);
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(authority.Host, authority.Port, limit.Token);
            await using var tls = new SslStream(tcp.GetStream());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = authority.Host,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => Look(certificate) },
                limit.Token);
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            // Refused as soon as it was seen; and the check of the provider says why it cannot be reached.
        }

        using (seen)
        {
            return seen is null ? [] : [Judge(name, $"{provider.Registration.Section}:Authority", seen, "Ask the provider's operators to renew it.")];
        }

        bool Look(X509Certificate? certificate)
        {
            seen = certificate is null ? null : new X509Certificate2(certificate);
            return false;
        }
    }

    private Finding Judge(IConfigurationSection section)
    {
        // the check of the configuration has done so, too
        using var certificate = KestrelCertificates.Load(section, new CertificateFiles(environment.ContentRootPath));
        return Judge("our TLS", section.Path, certificate, $"Renew it and replace the file '{Printable.Path(section["Path"])}'.");
    }

    private Finding Judge(string check, string key, X509Certificate2 certificate, string cure)
    {
        var (now, from, until) = (clock.GetUtcNow(), new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
        if (now >= until) { return new(check, Result.Mistake, $"{key}: the certificate of {certificate.Subject} expired on {until.UtcDateTime:u}.", cure); }
        if (now < from)
        {
            return new(check, Result.Mistake, $"{key}: the certificate of {certificate.Subject} is not valid before {from.UtcDateTime:u}.", cure);
        }
        return until - now < Soon
            ? new(check, Result.Warning, $"{key}: the certificate of {certificate.Subject} expires on {until.UtcDateTime:u}.", cure)
            : new(check, Result.Ok, $"valid until {until.UtcDateTime:u}");
    }
}

using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bff.Configuration;
using Bff.Configuration.Kestrel;
using Bff.Gateway;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.Named;
using Bff.Sessions;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Live;

/// <summary>
/// When the certificates of the configuration end: the listeners', the client authorities', those we show at providers, the key certificate's. The last one
/// serves beyond its dates, so nothing is raised for it (meter <c>Bff.Certificates</c>).
/// </summary>
internal sealed class Certificates : IDisposable
{
    public const string MeterName = "Bff.Certificates";

    /// <summary>Files are replaced while Bff runs.</summary>
    private static readonly TimeSpan ReadInterval = TimeSpan.FromMinutes(1);

    private static readonly string[] Authorities =
    [
        $"{OpsOptions.Section}:{nameof(OpsOptions.ClientCertificateAuthority)}",
        $"{GatewayOptions.Section}:{nameof(GatewayOptions.ClientCertificateAuthority)}",
    ];

    private readonly Lock _lock = new();
    private readonly AcceptedConfiguration _accepted;
    private readonly IOptions<SessionsOptions> _sessions;
    private readonly ProviderSet _providers;
    private readonly IHostEnvironment _environment;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private IReadOnlyList<CertificateEnd> _ends = [];
    private long? _readAt;

    public Certificates(
        AcceptedConfiguration accepted, IOptions<SessionsOptions> sessions, ProviderSet providers, IHostEnvironment environment, IMeterFactory meters,
        TimeProvider clock)
    {
        (_accepted, _sessions, _providers, _environment, _clock, _meter) = (accepted, sessions, providers, environment, clock, meters.Create(MeterName));
        _meter.CreateObservableGauge(
            "bff.certificate.not_after", Measure, "s", "When the certificate ends, as Unix time; its label is the configuration key.");
    }

    /// <summary>The soonest first.</summary>
    public IReadOnlyList<CertificateEnd> Ends()
    {
        lock (_lock)
        {
            if (_readAt is { } at && _clock.GetElapsedTime(at) < ReadInterval) { return _ends; }
            _readAt = _clock.GetTimestamp();
            return _ends = [.. Listeners().Concat(Authorities.SelectMany(Authority)).Concat(Clients()).Concat(Keys()).OrderBy(end => end.NotAfter)];
        }
    }

    private IEnumerable<Measurement<double>> Measure() =>
        Ends().Select(end => new Measurement<double>(end.NotAfter.ToUnixTimeSeconds(), new KeyValuePair<string, object?>("certificate", end.Key)));

    private IEnumerable<CertificateEnd> Listeners() => KestrelCertificates.Find(_accepted.Root.GetSection(KestrelSettings.Section))
        .SelectMany(section => Read(section.Path, () => [KestrelCertificates.Load(section, new CertificateFiles(_environment.ContentRootPath))]));

    private CertificateEnd[] Authority(string key) => _accepted.Root[key] is { Length: > 0 } authority ? Read(key, () =>
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(authority);   // the file's content stands in its place
        return certificates;
    }) : [];

    private IEnumerable<CertificateEnd> Clients() => _providers.All.Where(provider => provider.Options.HasClientCertificate).SelectMany(provider => Read(
        $"{provider.Registration.Section}:{nameof(OidcOptions.ClientCertificate)}", () => [ClientCertificate.Load(provider.Options)]));

    /// <summary>The one that encrypts; older ones only open.</summary>
    private CertificateEnd[] Keys() => Read("Bff:Sessions:KeyCertificate", () => _sessions.Value.KeyCertificates.Take(1));

    private static CertificateEnd[] Read(string key, Func<IEnumerable<X509Certificate2>> load)
    {
        try
        {
            var certificates = load().ToList();
            var first = certificates.MinBy(certificate => certificate.NotAfter);
            CertificateEnd[] ends = first is null ? [] : [End(key, first)];
            certificates.ForEach(certificate => certificate.Dispose());
            return ends;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];   // being replaced; the check of the configuration says what is wrong with it
        }
    }

    private static CertificateEnd End(string key, X509Certificate2 certificate) =>
        new(key, Printable.Text(certificate.Subject), new DateTimeOffset(certificate.NotAfter));

    public void Dispose() => _meter.Dispose();
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Primitives;

namespace Bff.Configuration.Kestrel;

/// <summary>
/// The certificates our listeners show, as they were last found to be pairs with their keys. Each new connection is shown the current one; nobody who is
/// connected notices.
/// </summary>
/// <remarks>
/// Kestrel's own watch sees no link that is swapped, takes a certificate whose key comes a second later for an error, and closes the listener to show another
/// one, so the certificates are kept from it. It still has those of endpoints with <c>Sni</c> or HTTP/3, or from the machine's store: where there is one, all
/// are left to it.
/// </remarks>
internal sealed partial class ServerCertificates(ILogger<ServerCertificates> logger)
{
    private const string Default = KestrelSettings.Section + ":Certificates:Default";

    private readonly Lock _lock = new();
    private volatile Dictionary<string, SslStreamCertificateContext> _contexts = new(StringComparer.OrdinalIgnoreCase);
    private string? _stamp;

    /// <summary>Decided at the start.</summary>
    public bool AreOurs { get; private set; }

    /// <summary>The other way round. Only then may Kestrel look for changes: it takes more for one than is, and closes listeners for it.</summary>
    public bool AreKestrels { get; private set; }

    /// <summary>Of Kestrel's settings a reload takes only the files of certificates: where and how it listens is decided at the start.</summary>
    public static bool NeedsRestart(string key) => key.StartsWith(KestrelSettings.Section + ":", StringComparison.OrdinalIgnoreCase)
        && (!key.Contains(":Certificate", StringComparison.OrdinalIgnoreCase) || key.Contains(":Sni:", StringComparison.OrdinalIgnoreCase)
            || key.EndsWith(":Subject", StringComparison.OrdinalIgnoreCase));

    /// <summary>Shows these from now on. They have been checked.</summary>
    public void Use(IConfiguration configuration, CertificateFiles files)
    {
        lock (_lock)
        {
            var kestrel = configuration.GetSection(KestrelSettings.Section);
            var certificates = KestrelCertificates.Find(kestrel).ToList();
            var stamp = string.Join(
                ';', certificates.SelectMany(section => section.AsEnumerable()).Select(pair => $"{pair.Key}={pair.Value}").Append(files.Stamp));
            if (stamp == _stamp) { return; }
            var isStart = _stamp is null;
            if (isStart)
            {
                AreKestrels = HasKestrelsOwn(kestrel);
                AreOurs = certificates.Count > 0 && !AreKestrels;
            }

            _stamp = stamp;
            if (AreOurs) { Replace(certificates, files, isStart); }
            else if (!isStart && certificates.Count > 0) { LeftToKestrel(); }
        }
    }

    /// <summary>Whether the endpoint has a certificate here.</summary>
    public bool Has(string endpoint) => For(endpoint) is not null;

    /// <summary>Lets a connection to the endpoint be opened with its current certificate.</summary>
    public void Show(string endpoint, SslServerAuthenticationOptions tls)
    {
        if (For(endpoint) is { } context)
        {
            (tls.ServerCertificateContext, tls.ServerCertificate, tls.ServerCertificateSelectionCallback) = (context, null, null);
        }
    }

    /// <summary>A view of Kestrel's section without the certificates that are shown from here.</summary>
    public IConfiguration WithoutOurs(IConfiguration kestrel) => AreOurs ? new ConfigurationBuilder().Add(new Rest(kestrel)).Build() : kestrel;

    private SslStreamCertificateContext? For(string endpoint)
    {
        var contexts = _contexts;
        return contexts.GetValueOrDefault($"{KestrelSettings.Section}:Endpoints:{endpoint}:Certificate") ?? contexts.GetValueOrDefault(Default);
    }

    private void Replace(IEnumerable<IConfigurationSection> certificates, CertificateFiles files, bool isStart)
    {
        var next = new Dictionary<string, SslStreamCertificateContext>(StringComparer.OrdinalIgnoreCase);
        var replaced = new List<(string Key, X509Certificate2 Certificate)>();
        foreach (var section in certificates)
        {
            var certificate = KestrelCertificates.Load(section, files);
            var known = _contexts.GetValueOrDefault(section.Path);
            var isSame = known is not null && known.TargetCertificate.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span);
            next[section.Path] = SslStreamCertificateContext.Create(certificate, KestrelCertificates.Chain(section, files));
            if (!isStart && !isSame) { replaced.Add((section.Path, certificate)); }
        }

        _contexts = next;
        foreach (var (key, certificate) in replaced) { Replaced(key, certificate.Subject, new DateTimeOffset(certificate.NotAfter).UtcDateTime); }
    }

    private static bool HasKestrelsOwn(IConfigurationSection kestrel) => kestrel.AsEnumerable().Any(pair =>
        pair.Key.Contains(":Sni:", StringComparison.OrdinalIgnoreCase)
        || (pair.Key.EndsWith(":Subject", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(pair.Value))
        || (pair.Key.EndsWith(":Protocols", StringComparison.OrdinalIgnoreCase) && pair.Value?.Contains("Http3", StringComparison.OrdinalIgnoreCase) == true));

    [LoggerMessage(LogLevel.Information, "New connections are shown the new certificate of {Key}: {Subject}, valid until {Until:u}.")]
    private partial void Replaced(string key, string subject, DateTime until);

    [LoggerMessage(
        LogLevel.Warning,
        "A certificate file has changed. Endpoints with Sni, HTTP/3 or a certificate of the machine's store are Kestrel's to reload, which misses a swapped "
        + "link: restart to be sure.")]
    private partial void LeftToKestrel();

    private sealed class Rest : ConfigurationProvider, IConfigurationSource
    {
        private readonly IConfiguration _kestrel;

        public Rest(IConfiguration kestrel)
        {
            _kestrel = kestrel;
            ChangeToken.OnChange(kestrel.GetReloadToken, () =>
            {
                Load();
                OnReload();
            });
        }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() =>
            Data = _kestrel.AsEnumerable(makePathsRelative: true).Where(pair => !IsOurs(pair.Key)).ToDictionary(StringComparer.OrdinalIgnoreCase);

        private static bool IsOurs(string key) =>
            key.Split(':') is { } names && (Is(names, 0, "Certificates") || (Is(names, 0, "Endpoints") && Is(names, 2, "Certificate")));

        private static bool Is(string[] names, int at, string name) => names.Length > at && names[at].Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}

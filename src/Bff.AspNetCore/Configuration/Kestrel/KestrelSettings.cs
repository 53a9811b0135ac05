using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Bff.Configuration.Kestrel;

/// <summary>What Kestrel takes from the configuration.</summary>
internal static class KestrelSettings
{
    public const string Section = "Kestrel";

    private const string ClientCertificate = nameof(EndpointDefault.ClientCertificateMode);

    /// <summary>The names of Kestrel's schema; the types say what a value may be.</summary>
    internal sealed record Schema(
        IReadOnlyDictionary<string, Endpoint>? Endpoints,
        EndpointDefault? EndpointDefaults,
        IReadOnlyDictionary<string, Certificate>? Certificates,
        KestrelServerLimits? Limits);

    internal record EndpointDefault(HttpProtocols? Protocols, IReadOnlyList<SslProtocols>? SslProtocols, ClientCertificateMode? ClientCertificateMode);

    internal sealed record Endpoint(
        string? Url,
        Certificate? Certificate,
        IReadOnlyDictionary<string, ServerName>? Sni,
        HttpProtocols? Protocols,
        IReadOnlyList<SslProtocols>? SslProtocols,
        ClientCertificateMode? ClientCertificateMode)
        : EndpointDefault(Protocols, SslProtocols, ClientCertificateMode);

    internal sealed record ServerName(
        Certificate? Certificate,
        HttpProtocols? Protocols,
        IReadOnlyList<SslProtocols>? SslProtocols,
        ClientCertificateMode? ClientCertificateMode)
        : EndpointDefault(Protocols, SslProtocols, ClientCertificateMode);

    internal sealed record Certificate(string? Path, string? KeyPath, string? Password, string? Subject, string? Store, string? Location, bool? AllowInvalid);

    public static IEnumerable<string> Mistakes(IConfiguration configuration, CertificateFiles files)
    {
        foreach (var mistake in KestrelLimits.Mistakes(configuration, new KestrelServerLimits())) { yield return mistake; }
        foreach (var mistake in ClientCertificateMistakes(configuration)) { yield return mistake; }
        foreach (var certificate in KestrelCertificates.Find(configuration.GetSection(Section)))
        {
            string? problem = null;
            try
            {
                using var loaded = KestrelCertificates.Load(certificate, files);
            }
            catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                problem = error.Message;
            }

            if (problem is not null)
            {
                yield return $"{certificate.Path}:Path: the certificate '{Printable.Path(files.FullPath(certificate["Path"]!))}' cannot be used: {problem} "
                    + "Are certificate and key a pair, may the user Bff runs as read them, and is the Password right?";
            }
        }
    }

    /// <summary>What would be loosened, or not monitored, silently.</summary>
    private static IEnumerable<string> ClientCertificateMistakes(IConfiguration configuration)
    {
        var kestrel = configuration.GetSection(Section);
        var defaults = kestrel.GetSection("EndpointDefaults");
        foreach (var endpoint in kestrel.GetSection("Endpoints").GetChildren().Append(defaults))
        {
            var protocols = endpoint[nameof(EndpointDefault.Protocols)] ?? defaults[nameof(EndpointDefault.Protocols)] ?? "";
            var modes = endpoint.GetSection("Sni").GetChildren().Append(endpoint).Append(defaults).Select(section => section[ClientCertificate]);
            if (protocols.Contains("Http3", StringComparison.OrdinalIgnoreCase) && modes.Any(AsksForCertificate))
            {
                yield return $"{endpoint.Path}:{ClientCertificate}: does not go with HTTP/3, where certificates named by a stranger's would be fetched. "
                    + "Leave Http3 out of Protocols.";
            }
        }

        var ops = $"{Section}:Endpoints:Ops";
        var asked = configuration[$"{ops}:{ClientCertificate}"] ?? defaults[ClientCertificate];
        if (string.Equals(asked, nameof(ClientCertificateMode.RequireCertificate), StringComparison.OrdinalIgnoreCase)
            && !string.IsNullOrEmpty(configuration["Bff:Ops:ClientCertificateAuthority"]))
        {
            yield return $"{ops}:{ClientCertificate}: cannot be RequireCertificate beside Bff:Ops:ClientCertificateAuthority: probes come without one. "
                + "Write AllowCertificate; everything but the probes asks for a certificate or the token.";
        }

        static bool AsksForCertificate(string? mode) =>
            !string.IsNullOrEmpty(mode) && !mode.Equals(nameof(ClientCertificateMode.NoCertificate), StringComparison.OrdinalIgnoreCase);
    }
}

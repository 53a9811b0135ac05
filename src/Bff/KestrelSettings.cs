using System.Globalization;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bff.Guard;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Bff;

/// <summary>What Kestrel takes from the configuration, and <c>Kestrel:Limits</c>, which it does not take by itself.</summary>
internal static class KestrelSettings
{
    public const string Section = "Kestrel";

    public const string Limits = Section + ":Limits";

    /// <summary>What one connection may make us hold of a body nobody reads. The network's own buffers do the rest.</summary>
    private const long DefaultRequestBuffer = 2 * BodyLimit.Bytes;

    private const string ClientCertificate = nameof(EndpointDefault.ClientCertificateMode);

    private static readonly string[] DataRates = [nameof(KestrelServerLimits.MinRequestBodyDataRate), nameof(KestrelServerLimits.MinResponseDataRate)];

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

    /// <summary>Sets what the configuration says about limits; a route's own setting wins, since YARP sets it for each request.</summary>
    public static void ApplyLimits(IConfiguration configuration, KestrelServerLimits limits)
    {
        // Our defaults come first, inside, so that a configured limit is what counts.
        foreach (var _ in LimitMistakes(configuration, limits))
        {
            // Reading them is setting them; the mistakes were said by the check.
        }
    }

    public static IEnumerable<string> Mistakes(IConfiguration configuration, CertificateFiles files)
    {
        foreach (var mistake in LimitMistakes(configuration, new KestrelServerLimits())) { yield return mistake; }
        foreach (var mistake in ClientCertificateMistakes(configuration)) { yield return mistake; }
        foreach (var certificate in Certificates(configuration.GetSection(Section)))
        {
            string? problem = null;
            try
            {
                using var loaded = Load(certificate, files);
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

    /// <summary>Wherever Kestrel's schema has a file: <c>Certificates:*</c>, <c>Endpoints:*:Certificate</c>, <c>Endpoints:*:Sni:*:Certificate</c>.</summary>
    public static IEnumerable<IConfigurationSection> Certificates(IConfigurationSection section) =>
        section["Path"] is { Length: > 0 } && section.Path.Contains("Certificate", StringComparison.OrdinalIgnoreCase)
            ? [section] : section.GetChildren().SelectMany(Certificates);

    /// <summary>As Kestrel does: a PEM file with its key in the file or beside it, or PKCS #12.</summary>
    /// <exception cref="CryptographicException">It is none, has no private key, or that of another certificate.</exception>
    public static X509Certificate2 Load(IConfigurationSection certificate, CertificateFiles files)
    {
        var (bytes, password) = (files.Read(certificate["Path"]!), certificate["Password"]);
        if (X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pkcs12) { return WithKey(X509CertificateLoader.LoadPkcs12(bytes, password, X509KeyStorageFlags.EphemeralKeySet)); }
        var pem = Encoding.UTF8.GetString(bytes);
        var key = certificate["KeyPath"] is { Length: > 0 } keyFile ? Encoding.UTF8.GetString(files.Read(keyFile)) : pem;
        return WithKey(string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPem(pem, key) : X509Certificate2.CreateFromEncryptedPem(pem, key, password));
    }

    /// <summary>What a PEM file holds after the certificate itself: those who issued it, which browsers want to be shown.</summary>
    public static X509Certificate2Collection Chain(IConfigurationSection certificate, CertificateFiles files)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(Encoding.UTF8.GetString(files.Read(certificate["Path"]!)));
        if (chain.Count > 0) { chain.RemoveAt(0); }
        return chain;
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate) =>
        certificate.HasPrivateKey ? certificate : throw new CryptographicException("it has no private key.");

    /// <summary>What would be loosened, or not looked after, without a word.</summary>
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
                yield return $"{endpoint.Path}:{ClientCertificate}: does not go with HTTP/3, where certificates named by a stranger's would be fetched. Leave Http3 out of Protocols.";
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

    private static List<string> LimitMistakes(IConfiguration configuration, KestrelServerLimits limits)
    {
        var mistakes = new List<string>();
        var given = configuration.GetSection(Limits);
        limits.MaxRequestBufferSize = DefaultRequestBuffer;
        limits.Http2.InitialConnectionWindowSize = limits.Http2.InitialStreamWindowSize = (int)DefaultRequestBuffer;
        foreach (var (key, value) in given.AsEnumerable(makePathsRelative: true))
        {
            if (string.IsNullOrEmpty(value) || DataRates.Any(rate => key.StartsWith(rate + ":", StringComparison.OrdinalIgnoreCase))) { continue; }
            Try($"{Limits}:{key}", () => new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]).Build().Bind(limits));
        }

        Try($"{Limits}:{DataRates[0]}", () => limits.MinRequestBodyDataRate = Rate(given.GetSection(DataRates[0]), limits.MinRequestBodyDataRate));
        Try($"{Limits}:{DataRates[1]}", () => limits.MinResponseDataRate = Rate(given.GetSection(DataRates[1]), limits.MinResponseDataRate));
        if (string.IsNullOrEmpty(given[nameof(limits.MaxRequestBufferSize)]))
        {
            limits.MaxRequestBufferSize = Math.Max(DefaultRequestBuffer, Math.Max(limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize));
        }

        if (limits.MaxRequestBufferSize < limits.MaxRequestLineSize) { mistakes.Add(TooSmall(nameof(limits.MaxRequestLineSize), limits.MaxRequestLineSize)); }
        if (limits.MaxRequestBufferSize < limits.MaxRequestHeadersTotalSize)
        {
            mistakes.Add(TooSmall(nameof(limits.MaxRequestHeadersTotalSize), limits.MaxRequestHeadersTotalSize));
        }

        return mistakes;

        static string TooSmall(string name, int size) => $"{Limits}:MaxRequestBufferSize: must not be smaller than {name} ({size}).";

        void Try(string key, Action set)
        {
            try
            {
                set();
            }
            catch (Exception error) when (error is InvalidOperationException or FormatException)
            {
                mistakes.Add($"{key}: cannot be read as what it should be: a number, true or false, or a time span (hh:mm:ss).");
            }
            catch (Exception error) when (error is ArgumentException or OverflowException or TargetInvocationException)
            {
                var cause = error.GetBaseException().Message;
                mistakes.Add($"{key}: {cause.Split(Environment.NewLine)[0].Split(" (Parameter", 2)[0].TrimEnd('.')}.");
            }
        }
    }

    /// <summary>0 bytes per second: no rate is asked for.</summary>
    private static MinDataRate? Rate(IConfigurationSection given, MinDataRate? usual)
    {
        if (!given.Exists()) { return usual; }
        var (number, time) = (given[nameof(MinDataRate.BytesPerSecond)], given[nameof(MinDataRate.GracePeriod)]);
        var bytes = string.IsNullOrEmpty(number) ? usual!.BytesPerSecond : double.Parse(number, CultureInfo.InvariantCulture);
        var grace = string.IsNullOrEmpty(time) ? usual!.GracePeriod : TimeSpan.Parse(time, CultureInfo.InvariantCulture);
        return bytes == 0 ? null : new MinDataRate(bytes, grace);
    }
}

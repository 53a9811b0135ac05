using System.Net;
using System.Net.Http.Headers;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Ops;
using Bff.Providers;

namespace Bff.Commands;

/// <summary>The ops port of the Bff that runs on this machine with the same configuration. The token goes to nobody else.</summary>
internal static class OpsConnection
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Without a credential, so it does not matter who responds.</summary>
    /// <returns>Null when the configuration names no port; that has been said then.</returns>
    public static HttpClient? OpenForProbe(string[] args)
    {
        var (_, options, _) = Read(args);
        return AddressOf(options) is { } address ? new HttpClient(Handler((_, _, _, _) => true)) { BaseAddress = address, Timeout = ProbeLimit } : null;
    }

    /// <summary>With the token, if one is configured, for a peer that proves to be ours before it gets it.</summary>
    /// <returns>Null when the configuration names no port, or none the token may be sent to; that has been said then.</returns>
    public static HttpClient? OpenForOperator(string[] args, TimeSpan limit)
    {
        var (configuration, options, mistakes) = Read(args);
        foreach (var mistake in mistakes.Where(mistake => mistake.StartsWith(OpsOptions.Section, StringComparison.OrdinalIgnoreCase)))
        {
            Console.Error.WriteLine(mistake);
        }
        if (AddressOf(options) is not { } address) { return null; }
        var token = options.Token;
        if (!string.IsNullOrEmpty(token) && address.Scheme == Uri.UriSchemeHttp && !IsThisMachine(address))
        {
            Console.Error.WriteLine(
                $"Bff:Ops:Url: the token is not sent to {Printable.Address($"{address}")} unencrypted. Use https, or an address of this machine.");
            return null;
        }

        var own = address.IsLoopback ? OwnCertificate(configuration) : null;
        var http = new HttpClient(
            Handler(
                (_, certificate, _, errors) =>
                    errors == SslPolicyErrors.None || (own is not null && certificate is not null && certificate.RawData.AsSpan().SequenceEqual(own))))
        {
            BaseAddress = address, Timeout = limit,
        };
        if (!string.IsNullOrEmpty(token)) { http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        return http;
    }

    /// <summary>The names that the configuration knows; those that are alone need not be said.</summary>
    public static (IReadOnlyList<string> FrontEnds, IReadOnlyList<string> Providers) ReadNames(string[] args)
    {
        var (configuration, _, _) = Read(args);
        return ([FrontEnd.DefaultName, .. configuration.GetSection(FrontEnd.NamedSection).GetChildren().Select(one => one.Key)],
            ProviderNames.Of(configuration).All);
    }

    private static HttpClientHandler Handler(Func<HttpRequestMessage, X509Certificate2?, X509Chain?, SslPolicyErrors, bool> isOurs) =>
        new() { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ServerCertificateCustomValidationCallback = isOurs };

    /// <summary>As the running Bff reads it. A token that cannot be read here is none: whoever asks without it may be told so by the port.</summary>
    private static (IConfiguration Configuration, OpsOptions Options, IReadOnlyList<string> Mistakes) Read(string[] args)
    {
        var builder = ConfigurationFiles.CreateBuilder(args, WebApplication.CreateSlimBuilder);
        var reading = new ConfigurationReader(builder.Configuration, [new(OpsOptions.Section, typeof(OpsOptions))], builder.Environment).Read();
        var configuration = Snapshot.Restore(reading.Values);
        return (configuration, configuration.GetSection(OpsOptions.Section).Get<OpsOptions>() ?? new OpsOptions(), reading.Mistakes);
    }

    private static Uri? AddressOf(OpsOptions options)
    {
        var address = OpsPort.LocalAddress(options.Url is { Length: > 0 } url ? url : OpsOptions.DefaultUrl);
        if (address is null) { Console.Error.WriteLine($"Bff:Ops:Url: '{Printable.Text(options.Url)}' does not name a port to call."); }
        return address;
    }

    private static bool IsThisMachine(Uri address) => address.IsLoopback
        || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && NetworkInterface.GetAllNetworkInterfaces()
        .Any(card => card.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(ip))));

    /// <summary>
    /// The certificate Kestrel shows on the ops port, as the configuration names it: over the loopback interface nobody can be told by name, but this is told
    /// by its key.
    /// </summary>
    /// <returns>Null when no file is named, or it cannot be read; then only a certificate the machine trusts will do.</returns>
    private static byte[]? OwnCertificate(IConfiguration configuration)
    {
        var given = configuration.GetSection($"Kestrel:Endpoints:{OpsPort.Endpoint}:Certificate");
        if (!given.Exists()) { given = configuration.GetSection("Kestrel:Certificates:Default"); }
        if (given["Path"] is not { Length: > 0 } file) { return null; }
        try
        {
            var isPem = X509Certificate2.GetCertContentType(file) == X509ContentType.Cert;
            using var certificate = isPem
                ? X509CertificateLoader.LoadCertificateFromFile(file)
                : X509CertificateLoader.LoadPkcs12FromFile(file, given["Password"]);
            return certificate.RawData;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The certificate of the ops port cannot be read ({given.Path}:Path): {Printable.Text(error.Message)}");
            return null;
        }
    }
}

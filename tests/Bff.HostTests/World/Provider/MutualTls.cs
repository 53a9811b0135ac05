using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests;

/// <summary>The provider's listener that asks for client certificates (RFC 8705).</summary>
internal sealed class MutualTls : IDisposable
{
    private readonly SelfSigned _server = SelfSigned.Server();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-host-tests-");

    public MutualTls()
    {
        ServerCertificateFile = Path.Combine(_folder.FullName, "provider.pem");
        File.WriteAllText(ServerCertificateFile, _server.CertificatePem);
    }

    /// <summary>Such as <c>https://127.0.0.1:1234</c>.</summary>
    public string Address { get; set; } = "";

    public X509Certificate2 ServerCertificate => _server.Certificate;

    /// <summary>The certificate to trust, as PEM.</summary>
    public string ServerCertificateFile { get; }

    /// <summary>Access tokens asked for over a connection with a client certificate are good with this certificate only, and so is the grant.</summary>
    public bool BindsTokens { get; set; } = true;

    /// <summary>The metadata tell where the listener is (<c>mtls_endpoint_aliases</c>).</summary>
    public bool IsAnnounced { get; set; } = true;

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }
}

using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests.Ops;

/// <summary>A certificate proves something when the configured authority issued it, for this use, for now; nobody is called up to find out.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private const string Token = "an-ops-token-for-tests";

    private readonly Authority _ours = new("our operators"), _foreign = new("somebody else");
    private readonly TemporaryFolder _folder = new();

    private (string, string?)[] Settings =>
    [
        ("Bff:Ops:Url", "https://127.0.0.1:0"), ("Bff:Ops:ClientCertificateAuthority", _folder.Write("ca.pem", _ours.Certificate.ExportCertificatePem())),
        ("Kestrel:Endpoints:Ops:Certificate:Path", ServerCertificate),
    ];

    private string ServerCertificate => _folder.Write("ops.pfx", _ours.Issue("ops").Export(X509ContentType.Pkcs12));

    [Fact]
    [Trait("Standard", "HARD-8")]
    public async Task No_address_in_a_strangers_certificate_is_called_on_the_ops_port()
    {
        await using var world = await World.StartAsync(Settings);
        await using var named = new Recorder();
        var address = $"http://127.0.0.1:{named.Port}/";

        // Of an unknown issuer, and of one whose name and key identifier are known, with an address that never answers.
        await Parallel.ForEachAsync(Enumerable.Range(0, 50), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (number, _) =>
            await StatusAsync(world.Bff.OpsAddress, (number % 2 == 0 ? _foreign : _ours).IssueWithAddress("stranger", address)));

        named.Connections.ShouldBe(0);
        using var browser = world.NewBrowser();
        (await browser.GetAsync("/plain/x")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "HARD-8")]
    public async Task No_address_in_a_strangers_certificate_is_called_on_the_public_port_when_the_configuration_asks_for_certificates_there()
    {
        await using var world = await World.StartAsync(
            ("Kestrel:Endpoints:Public:Url", "https://127.0.0.1:0"), ("Kestrel:Endpoints:Public:ClientCertificateMode", "AllowCertificate"),
            ("Kestrel:Endpoints:Public:Certificate:Path", ServerCertificate));
        await using var named = new Recorder(answer: "404 Not Found");
        var addresses = new[] { world.Bff.Address, new UriBuilder(world.Bff.OpsAddress) { Host = "localhost" }.Uri };

        await StatusAsync(addresses.Single(address => address.Scheme == "https"), _foreign.IssueWithAddress("stranger", $"http://127.0.0.1:{named.Port}/"));

        named.Connections.ShouldBe(0);
    }

    [Theory]
    [InlineData("of another authority")]
    [InlineData("of another authority of the same name")]
    [InlineData("signed by itself in an operator's name")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("for servers only")]
    [InlineData("the authority's own")]
    [Trait("Standard", "HARD-7")]
    public async Task A_certificate_does_not_count_when_it_is(string which)
    {
        await using var world = await World.StartAsync(Settings);
        using var sameName = new Authority("our operators");
        using var selfSigned = SelfSigned("CN=operator");
        (await StatusAsync(world.Bff.OpsAddress, _ours.Issue("operator"))).ShouldBe(HttpStatusCode.OK);

        (await StatusAsync(world.Bff.OpsAddress, which switch
        {
            "of another authority" => _foreign.Issue("operator"),
            "of another authority of the same name" => sameName.Issue("operator"),
            "signed by itself in an operator's name" => selfSigned,
            "expired" => _ours.IssueExpired("operator"),
            "not yet valid" => _ours.IssueNotYetValid("operator"),
            "for servers only" => _ours.IssueForServersOnly("operator"),
            _ => _ours.Certificate,
        })).ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "HARD-7")]
    public async Task A_connection_that_outlives_its_certificate_is_no_operators_any_more()
    {
        await using var world = await World.StartAsync(Settings);
        using var http = Client(_ours.IssueForOneMoreDay("operator"));
        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/sessions"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Clock.Advance(TimeSpan.FromHours(36));

        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/sessions"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("AllowCertificate")]
    [InlineData("RequireCertificate")]
    [Trait("Standard", "HARD-7")]
    public async Task A_certificate_the_machine_trusts_is_no_operators_while_no_authority_is_configured(string mode)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["SSL_CERT_FILE"] = _folder.Write("machine.pem", _foreign.Certificate.ExportCertificatePem());
        world.Settings["Bff:Ops:Url"] = "https://127.0.0.1:0";
        world.Settings["Bff:Ops:Token"] = Token;
        world.Settings["Kestrel:Endpoints:Ops:Certificate:Path"] = ServerCertificate;
        world.Settings["Kestrel:Endpoints:Ops:ClientCertificateMode"] = mode;
        await world.StartListeningAsync();

        (await StatusAsync(world.Bff.OpsAddress, _foreign.Issue("anybody"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(world.Bff.OpsAddress, _foreign.Issue("anybody"), Token)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_audit_names_an_operator_by_a_certificate_in_one_printable_word()
    {
        await using var world = await World.StartAsync(Settings);
        using var http = Client(_ours.Issue("\"mallory\n\u202Efail: x\""));

        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/sessions"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        var line = world.Bff.Logs.Lines.Single(line => line.Contains("ops_sessions_listed", StringComparison.Ordinal));
        line.ShouldContain("mallory");
        line.Any(c => char.IsControl(c) || c == '\u202E').ShouldBeFalse(line);
    }

    /// <returns>Null when the handshake failed.</returns>
    private static async Task<HttpStatusCode?> StatusAsync(Uri at, X509Certificate2 certificate, string? token = null)
    {
        using var http = Client(certificate);
        if (token is not null) { http.DefaultRequestHeaders.Authorization = new("Bearer", token); }
        try
        {
            using var answer = await http.GetAsync(new Uri(at, "/sessions"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Shows the certificate whatever authorities the server says it likes, and downloads nothing itself.</summary>
    private static HttpClient Client(X509Certificate2 certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        },
    });

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(5));
    }

    public void Dispose()
    {
        _ours.Dispose();
        _foreign.Dispose();
        _folder.Dispose();
    }
}

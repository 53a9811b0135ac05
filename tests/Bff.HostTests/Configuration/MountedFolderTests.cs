using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bff.HostTests.Configuration;

/// <summary>Files as Kubernetes mounts them: each a link through <c>..data</c>, which is itself a link and is swapped. No watcher sees that.</summary>
public sealed class MountedFolderTests
{
    private const string Reloaded = "The configuration was reloaded.";

    [Fact]
    public async Task A_swapped_link_brings_new_settings_secrets_log_levels_and_certificates_and_cuts_nobody_off()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var authority = new Authority("our servers");
        var mount = new Mount(world.Folder);
        var (first, second) = (authority.Issue("first"), authority.Issue("second"));
        mount.Swap(
            ("bff.json", """{ "Logging:LogLevel:Bff.Audit": "None" }"""), ("client-secret", PretendProvider.ClientSecret),
            ("tls.crt", first.ExportCertificatePem()), ("tls.key", KeyOf(first)));
        ListenOnTls(world, mount);
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientSecretFile"] = mount.File("client-secret");
        await world.StartListeningAsync("--config", mount.File("bff.json"));
        await using var open = await ConnectAsync(world, first);

        mount.Swap(
            ("bff.json", """{ "Logging:LogLevel:Bff.Audit": "Information", "Bff:Spa:Origins:1": "https://app.example" }"""),
            ("client-secret", "the-next-secret"),
            ("tls.crt", second.ExportCertificatePem()), ("tls.key", KeyOf(second)));

        await SaysAsync(world, Reloaded + " Changed: Bff:Oidc:ClientSecret, Bff:Spa:Origins:1.");
        await SaysAsync(world, "New connections are shown the new certificate of Kestrel:Endpoints:Main:Certificate: CN=second");
        await SaysAsync(world, "configuration_reloaded");   // an audit line, which was switched off before
        await using var next = await ConnectAsync(world, second);
        await IsAnsweredAsync(open);
        world.Bff.Output.ShouldNotContain("Unable to reload configuration");
    }

    [Fact]
    public async Task A_certificate_whose_key_comes_later_is_shown_when_both_fit()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var authority = new Authority("our servers");
        var mount = new Mount(world.Folder);
        var (first, second) = (authority.Issue("first"), authority.Issue("second"));
        mount.Swap(("tls.crt", first.ExportCertificatePem()), ("tls.key", KeyOf(first)));
        ListenOnTls(world, mount);
        await world.StartListeningAsync();
        File.WriteAllText(mount.File("tls.crt"), second.ExportCertificatePem());
        await SaysAsync(world, "Kestrel:Endpoints:Main:Certificate:Path: the certificate");
        await using (await ConnectAsync(world, first))
        {
            // Never a pair that does not fit.
        }

        File.WriteAllText(mount.File("tls.key"), KeyOf(second));
        await SaysAsync(world, "New connections are shown the new certificate");
        await using var next = await ConnectAsync(world, second);
        world.Bff.Output.Split("is not used").Length.ShouldBe(2, world.Bff.Output);
        await SaysAsync(world, "free of mistakes again");   // said after the certificate is shown
        world.Bff.Output.Split('\n').ShouldNotContain(line => line.StartsWith("   at ", StringComparison.Ordinal), world.Bff.Output);
    }

    [Fact]
    public async Task A_certificate_is_taken_away_by_no_reload()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var authority = new Authority("our servers");
        var mount = new Mount(world.Folder);
        var certificate = authority.Issue("first");
        mount.Swap(("tls.crt", certificate.ExportCertificatePem()), ("tls.key", KeyOf(certificate)));
        ListenOnTls(world, mount);
        world.Settings.Remove("Kestrel:Endpoints:Main:Certificate:Path");
        world.Settings.Remove("Kestrel:Endpoints:Main:Certificate:KeyPath");
        var file = new SettingsFile(world);
        file.Edit(("Kestrel:Endpoints:Main:Certificate:Path", mount.File("tls.crt")), ("Kestrel:Endpoints:Main:Certificate:KeyPath", mount.File("tls.key")));
        await world.StartListeningAsync();

        file.Edit(("Kestrel:Endpoints:Main:Certificate:Path", null), ("Kestrel:Endpoints:Main:Certificate:KeyPath", null));

        await SaysAsync(world, "Kestrel:Endpoints:Main:Certificate:Path: is gone");
        await using var next = await ConnectAsync(world, certificate);
    }

    private static void ListenOnTls(RealTimeWorld world, Mount mount)
    {
        world.Settings.Remove("ASPNETCORE_URLS");
        world.Settings["Kestrel:Endpoints:Main:Url"] = "https://127.0.0.1:0";
        world.Settings["Kestrel:Endpoints:Main:Certificate:Path"] = mount.File("tls.crt");
        world.Settings["Kestrel:Endpoints:Main:Certificate:KeyPath"] = mount.File("tls.key");
    }

    private static string KeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>Opens a connection and insists that it is shown this certificate.</summary>
    private static async Task<SslStream> ConnectAsync(RealTimeWorld world, X509Certificate2 expected)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", world.Bff.Address.Port);
        byte[]? shown = null;
        var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
        {
            shown = certificate?.GetRawCertData();
            return shown is not null;
        });
        await tls.AuthenticateAsClientAsync("localhost");
        shown.ShouldBe(expected.RawData);
        return tls;
    }

    private static async Task IsAnsweredAsync(SslStream connection)
    {
        await connection.WriteAsync("GET /bff/session HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\n\r\n"u8.ToArray());
        var buffer = new byte[64];
        (await connection.ReadAsync(buffer)).ShouldBePositive();
        Encoding.ASCII.GetString(buffer).ShouldStartWith("HTTP/1.1 200");
    }

    private static Task SaysAsync(RealTimeWorld world, string line) =>
        Eventually.HappensAsync(() => world.Bff.Output.Contains(line, StringComparison.Ordinal), line);

    private sealed class Mount(string folder)
    {
        private readonly string _folder = Directory.CreateDirectory(Path.Combine(folder, "mount")).FullName;
        private int _version;

        public string File(string name) => Path.Combine(_folder, name);

        /// <summary>All files at once: a new folder, and a rename of the link to it.</summary>
        public void Swap(params (string Name, string Content)[] files)
        {
            var version = $"..{++_version}";
            Directory.CreateDirectory(File(version));
            foreach (var (name, content) in files)
            {
                var file = Path.Combine(File(version), name);
                System.IO.File.WriteAllText(file, content);
                System.IO.File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);   // times prove nothing
                if (!Path.Exists(File(name))) { System.IO.File.CreateSymbolicLink(File(name), Path.Combine("..data", name)); }
            }

            System.IO.File.CreateSymbolicLink(File("..data_tmp"), version);
            using var rename = Process.Start("mv", ["-T", File("..data_tmp"), File("..data")]);
            rename.WaitForExit();
        }
    }
}

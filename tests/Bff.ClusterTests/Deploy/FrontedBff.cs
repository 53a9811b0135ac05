using System.Security.Cryptography.X509Certificates;
using Bff.HostTests;

namespace Bff.ClusterTests.Deploy;

/// <summary>One Bff for all proxies, with the settings their pages show, at one address; and a second, below a path.</summary>
public sealed class FrontedBff : IAsyncLifetime
{
    private readonly List<RealTimeWorld> _worlds = [];
    private readonly Authority _authority = new("The tests");
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-proxies-").FullName;

    internal sealed record Node(RealTimeWorld World, Uri PublicUrl, string Folder);

    internal Node AtRoot { get; private set; } = null!;

    internal Node BelowPath { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var certificate = _authority.Issue("localhost");
        var (crt, key) = (certificate.ExportCertificatePem(), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "app.crt"), crt + "\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "app.key"), key + "\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "app.pem"), crt + "\n" + key + "\n");
        (AtRoot, BelowPath) = (await StartAsync(""), await StartAsync("/app"));
    }

    private async Task<Node> StartAsync(string path)
    {
        var publicUrl = new Uri($"https://localhost:{FreePort.Find()}{path}");
        var world = await RealTimeWorld.StartAsync();
        _worlds.Add(world);
        world.Settings["Bff:PublicUrl"] = publicUrl.AbsoluteUri.TrimEnd('/');
        world.Settings["Bff:TrustedProxies:0"] = "127.0.0.1/32";
        world.Settings["Bff:FrontEnds:other:PathBase"] = "/other";
        await world.StartListeningAsync();

        // HAProxy takes a node that is not ready out of the balance, and a new one has still to see its provider.
        using var http = new HttpClient();
        await Eventually.HappensAsync(async () => (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"))).IsSuccessStatusCode, "Bff is ready");
        return new(world, publicUrl, _folder);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds) { await world.DisposeAsync(); }
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

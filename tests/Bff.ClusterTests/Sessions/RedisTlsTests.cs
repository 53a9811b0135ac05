using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bff.ClusterTests.Redis;
using Bff.HostTests;
using Bff.Sessions;

namespace Bff.ClusterTests.Sessions;

/// <summary>A whole process on a Redis that shows a certificate and knows users.</summary>
public sealed class RedisTlsTests
{
    [Fact]
    public async Task A_server_with_TLS_and_a_user_of_few_rights_serves_when_its_certificate_is_trusted_and_never_else()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (port, authority) = (FreePort.Find(), WriteCertificates(world.Folder));
        await using var server = await RedisServer.StartAsync(
            [
                "--appendonly", "yes", "--tls-port", $"{port}", "--tls-auth-clients", "no", "--tls-ca-cert-file", authority,
                "--tls-cert-file", Path.Combine(world.Folder, "server.pem"), "--tls-key-file", Path.Combine(world.Folder, "server.key"), .. RedisUser.Settings,
            ]);
        var secret = Path.Combine(world.Folder, "redis-connection");
        await File.WriteAllTextAsync(secret, RedisUser.Of($"127.0.0.1:{port},ssl=true") + "\n");
        world.Settings["Bff:Sessions:Store"] = SessionsOptions.Redis;
        world.Settings.Remove("Bff:Sessions:ConnectionString");
        world.Settings["Bff:Sessions:ConnectionStringFile"] = secret;
        world.Settings["Bff:Sessions:StoreTimeout"] = "00:00:20";   // a busy machine takes its time for a handshake

        var distrusting = await world.RunAsync("check");
        distrusting.ExitCode.ShouldNotBe(0);
        distrusting.Output.ShouldContain("There is no TLS connection to Redis: The remote certificate is invalid");

        world.Settings["SSL_CERT_FILE"] = authority;
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        string[] complaints = ["session store", "NOPERM", "Changes of other nodes cannot be heard"];
        world.Bff.Output.Split('\n').Where(line => complaints.Any(complaint => line.Contains(complaint, StringComparison.Ordinal))).ShouldBeEmpty();
        (distrusting.Output + world.Bff.Output).ShouldNotContain(RedisUser.Password);
    }

    /// <returns>The file of an authority that nobody knows; beside it are the certificate that it gave the server, and the server's key.</returns>
    private static string WriteCertificates(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=authority of the tests", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(folder, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        var file = Path.Combine(folder, "authority.pem");
        File.WriteAllText(file, authority.ExportCertificatePem());
        return file;
    }
}

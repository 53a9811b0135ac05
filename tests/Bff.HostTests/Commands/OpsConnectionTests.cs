using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests.Commands;

/// <summary>The ops token goes to the Bff of this configuration and to nobody else who may answer in its place.</summary>
public sealed class OpsConnectionTests : IDisposable
{
    private const string Token = "token-for-the-ops-port";

    private readonly Authority _authority = new("anybody");
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("health")]
    [InlineData("health", "--live")]
    public async Task A_probe_carries_no_credential(params string[] command)
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var other = new Recorder(answer: "200 OK");
        world.Settings["Bff:Ops:Url"] = $"http://127.0.0.1:{other.Port}";
        world.Settings["Bff:Ops:Token"] = Token;

        (await world.RunAsync(command)).ExitCode.ShouldBe(0);

        other.Received.Single().ShouldStartWith("GET /");
        other.Received.Single().ShouldNotContain("Authorization", Case.Insensitive);
        other.Received.Single().ShouldNotContain(Token);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task A_token_is_not_sent_to_a_certificate_that_is_not_ours(string host)
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var other = new Recorder(_authority.Issue("evil.example"), answer: "200 OK");
        Configure(world, $"https://{host}:{other.Port}");

        var (exitCode, output) = await world.RunAsync("sessions", "list");

        exitCode.ShouldBe(1);
        output.ShouldContain("The token was not sent");
        other.Received.ShouldAllBe(text => !text.Contains(Token));
    }

    [Fact]
    public async Task A_token_is_not_sent_in_the_clear_to_another_machine()
    {
        await using var world = await RealTimeWorld.StartAsync();
        Configure(world, "http://ops.example:3002");
        var (exitCode, output) = await world.RunAsync("sessions", "list");
        exitCode.ShouldBe(78);
        output.ShouldContain("unencrypted");
    }

    [Fact]
    public async Task A_token_is_sent_to_our_own_certificate_though_no_authority_stands_behind_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        Configure(world, $"https://127.0.0.1:{UnusedPort()}");
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        var (exitCode, output) = await world.RunAsync("sessions", "list");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("alice");
    }

    private void Configure(RealTimeWorld world, string url)
    {
        var certificate = _authority.Issue("our ops port");
        world.Settings["Bff:Ops:Url"] = url;
        world.Settings["Bff:Ops:Token"] = Token;
        world.Settings["Kestrel:Endpoints:Ops:Certificate:Path"] = _folder.Write("ops.pem", certificate.ExportCertificatePem());
        world.Settings["Kestrel:Endpoints:Ops:Certificate:KeyPath"] = _folder.Write("ops.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }
}

using System.Net;

namespace Bff.HostTests.Login;

/// <summary>A client certificate at the provider (RFC 8705), in a process of its own that trusts the provider's certificate.</summary>
public sealed class ClientCertificateTests
{
    [Theory]
    [InlineData("Auto", true)]
    [InlineData("TlsClientAuth", false)]
    public async Task A_certificate_says_who_we_are_and_binds_the_tokens(string method, bool isSelfSigned)
    {
        using var certificate = SelfSigned.Client();
        await using var world = await StartAsync(certificate, method);
        world.Provider.OffersPushedRequests = true;
        world.Provider.ClientRule = isSelfSigned
            ? ClientRule.SelfSignedCertificate(certificate.Certificate) : ClientRule.CertificateSubject(certificate.Certificate.SubjectName.Name);
        await world.StartListeningAsync();

        using var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Provider.Grant.AccessToken!.CertificateHash.ShouldBe(certificate.Hash);
        world.Provider.ClientCalls.Select(call => call.Path).ShouldBe(["/par", "/token", "/token"]);
        world.Provider.ClientCalls.ShouldAllBe(call => call.Refusal == null && call.Certificate == certificate.Hash && call.Authorization == null);
    }

    [Fact]
    public async Task A_certificate_beside_a_secret_binds_the_tokens()
    {
        using var certificate = SelfSigned.Client();
        await using var world = await StartAsync(certificate, "ClientSecretBasic");
        world.Settings["Bff:Oidc:ClientSecret"] = PretendProvider.ClientSecret;
        world.Provider.ClientRule = ClientRule.SecretBasic;
        await world.StartListeningAsync();

        using var alice = await world.LogInAsync();

        world.Provider.Grant.AccessToken!.CertificateHash.ShouldBe(certificate.Hash);
    }

    [Fact]
    public async Task A_certificate_and_a_key_may_both_bind_the_tokens()
    {
        using var certificate = SelfSigned.Client();
        await using var world = await StartAsync(certificate, "TlsClientAuth");
        world.Provider.ClientRule = ClientRule.SelfSignedCertificate(certificate.Certificate);
        world.Provider.Proofs = new(TimeProvider.System);
        world.Settings["Bff:Oidc:TokenType"] = "DPoP";
        await world.StartListeningAsync();

        using var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Provider.Grant.AccessToken!.CertificateHash.ShouldBe(certificate.Hash);
        world.Provider.Grant.AccessToken.KeyThumbprint.ShouldNotBeNull();
        world.Provider.Refusals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_shown_from_the_next_call_on()
    {
        using var first = SelfSigned.Client("CN=first");
        using var second = SelfSigned.Client("CN=second");
        await using var world = await StartAsync(first, "TlsClientAuth");
        world.Provider.MutualTls!.BindsTokens = false;
        world.Provider.ClientRule = ClientRule.SelfSignedCertificate(first.Certificate);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        Write(world, second);
        world.Provider.ClientRule = ClientRule.SelfSignedCertificate(second.Certificate);
        await Eventually.HappensAsync(
            () => world.Bff.Output.Contains("Changed: Bff:Oidc:ClientCertificate, Bff:Oidc:ClientCertificateKey.", StringComparison.Ordinal), "the reload");

        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.ClientCalls.Last().Certificate.ShouldBe(second.Hash);
    }

    [Fact]
    public async Task The_check_of_the_client_uses_the_certificate_and_says_when_it_expires()
    {
        using var certificate = SelfSigned.Client();
        await using var world = await StartAsync(certificate, "TlsClientAuth");
        world.Provider.ClientRule = ClientRule.SelfSignedCertificate(certificate.Certificate);

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("tls_client_auth or self_signed_tls_client_auth");
        output.ShouldContain("client TLS");
        world.Provider.ClientCalls.ShouldHaveSingleItem().Certificate.ShouldBe(certificate.Hash);

        using var other = SelfSigned.Client("CN=other");
        Write(world, other);
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Oidc:ClientCertificate");
    }

    private static async Task<RealTimeWorld> StartAsync(SelfSigned certificate, string method)
    {
        var world = await RealTimeWorld.StartAsync();
        var listener = await world.Provider.OfferMutualTlsAsync();
        world.Settings["SSL_CERT_FILE"] = listener.ServerCertificateFile;
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientAuthentication"] = method;
        world.Settings["Bff:Oidc:ClientCertificateFile"] = Path.Combine(world.Folder, "client.pem");
        world.Settings["Bff:Oidc:ClientCertificateKeyFile"] = Path.Combine(world.Folder, "client.key");
        Write(world, certificate);
        return world;
    }

    private static void Write(RealTimeWorld world, SelfSigned certificate)
    {
        File.WriteAllText(Path.Combine(world.Folder, "client.pem"), certificate.CertificatePem);
        File.WriteAllText(Path.Combine(world.Folder, "client.key"), certificate.KeyPem);
    }
}

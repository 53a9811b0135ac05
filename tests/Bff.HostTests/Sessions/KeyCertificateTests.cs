using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests.Sessions;

/// <summary>Keys and lock apart: the Data Protection keys are encrypted where they lie.</summary>
[Trait("Standard", "HARD-10")]
public sealed class KeyCertificateTests
{
    private static readonly string First = NewPem();
    private static readonly string Second = NewPem();

    [Fact]
    public async Task With_a_certificate_no_key_in_the_store_can_be_used_by_who_reads_it()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:KeyCertificate", First));
        var alice = await world.LogInAsync();
        await world.RestartBffAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        KeyFiles(world).ShouldHaveSingleItem().ShouldContain("EncryptedData");
        KeyFiles(world).ShouldAllBe(xml => !xml.Contains("<value>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_one_they_lie_in_the_clear_and_go_on_opening_when_there_is_one()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        KeyFiles(world).ShouldHaveSingleItem().ShouldContain("<value>");

        await RestartWithAsync(world, ("KeyCertificate", First));

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task An_older_certificate_goes_on_opening_beside_or_below_the_new_one()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:KeyCertificate", First));
        var alice = await world.LogInAsync();

        await RestartWithAsync(world, ("KeyCertificate", Second), ("KeyCertificateOld", First));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await RestartWithAsync(world, ("KeyCertificate", Second + First), ("KeyCertificateOld", null));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

    }

    [Fact]
    [Trait("Standard", "ASVS-15")]
    public async Task Without_the_certificate_of_a_key_in_use_nothing_starts_and_nobody_is_signed_out()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:KeyCertificate", First));
        var alice = await world.LogInAsync();

        await Should.ThrowAsync<InvalidOperationException>(() => RestartWithAsync(world, ("KeyCertificate", Second)));   // Program ended before it served
        KeyFiles(world).Count.ShouldBe(1);
        await RestartWithAsync(world, ("KeyCertificate", First));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task The_private_key_may_have_a_password()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:KeyCertificate", NewPem("geheim")), ("Bff:Sessions:KeyCertificatePassword", "geheim"));
        (await (await world.LogInAsync()).GetAsync("/api/echo")).Body.ShouldBe("alice");
        KeyFiles(world).ShouldAllBe(xml => !xml.Contains("<value>", StringComparison.Ordinal));
    }

    private static async Task RestartWithAsync(World world, params (string Name, string? Value)[] settings)
    {
        foreach (var (name, value) in settings) { world.Set("Bff:Sessions:" + name, value); }
        await world.RestartBffAsync();
    }

    private static IReadOnlyList<string> KeyFiles(World world) => [.. Directory.GetFiles(Path.Combine(world.Folder, "keys"), "key-*").Select(File.ReadAllText)];

    internal static string NewPem(string? password = null)
    {
        using var rsa = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=keys", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var key = password is null

            ? rsa.ExportPkcs8PrivateKeyPem()
            : rsa.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        return certificate.ExportCertificatePem() + "\n" + key + "\n";
    }
}

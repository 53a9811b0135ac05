using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using static Bff.Providers.ClientAuthenticationMethod;

namespace Bff.Tests.Providers.ClientAuthentication;

/// <summary>Each mistake is one line that names its key.</summary>
public sealed class CredentialsCheckTests
{
    private static readonly (string Certificate, string Key) Pair = Keys.NewCertificate();

    public static TheoryData<string> Good => [.. GoodOnes.Keys];

    private static readonly Dictionary<string, OidcOptions> GoodOnes = new()
    {
        ["a secret"] = new() { ClientSecret = "s" },
        ["a secret in the header"] = new() { ClientSecret = "s", ClientAuthentication = ClientSecretBasic },
        ["a key"] = new() { ClientKey = Keys.RsaPem },
        ["a key and a secret until the provider takes the key"] = new() { ClientKey = Keys.RsaPem, ClientSecret = "s" },
        ["a key with its name and algorithm"] =
            new() { ClientKey = Keys.EcPem, ClientKeyId = "1", ClientKeyAlgorithm = "ES256", ClientAuthentication = PrivateKeyJwt },
        ["a certificate"] = new() { ClientCertificate = Pair.Certificate, ClientCertificateKey = Pair.Key },
        ["a certificate with its key in one file"] = new() { ClientCertificate = Pair.Certificate + "\n" + Pair.Key, ClientAuthentication = TlsClientAuth },
        ["a certificate that binds tokens"] = new() { ClientSecret = "s", ClientCertificate = Pair.Certificate, ClientCertificateKey = Pair.Key },
        ["a public client"] = new() { ClientAuthentication = None },
        ["a secret made of a key"] =
            new() { ClientKey = Keys.EcPem, ClientSecretFromKey = new() { Issuer = "TEAM" }, ClientAuthentication = ClientSecretPost },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void What_can_work_is_taken(string what) => Mistakes(GoodOnes[what]).ShouldBeEmpty();

    public static TheoryData<string> Bad => [.. BadOnes.Keys];

    private static readonly Dictionary<string, OidcOptions> BadOnes = new()
    {
        ["ClientSecret: is required (or ClientSecretFile), or else"] = new(),
        ["ClientSecret: is required (or ClientSecretFile) by ClientAuthentication 'ClientSecretBasic'"] = new() { ClientAuthentication = ClientSecretBasic },
        ["ClientSecret: is required (or ClientSecretFile) by ClientAuthentication 'ClientSecretPost'"] = new() { ClientAuthentication = ClientSecretPost },
        ["ClientSecret: is not used by ClientAuthentication 'PrivateKeyJwt'"] =
            new() { ClientAuthentication = PrivateKeyJwt, ClientKey = Keys.RsaPem, ClientSecret = "s" },
        ["ClientSecret: is not used by ClientAuthentication 'TlsClientAuth'"] =
            new() { ClientAuthentication = TlsClientAuth, ClientCertificate = Pair.Certificate, ClientCertificateKey = Pair.Key, ClientSecret = "s" },
        ["ClientSecret: is not used by ClientAuthentication 'None'"] = new() { ClientAuthentication = None, ClientSecret = "s" },
        ["ClientSecret: is not used: ClientSecretFromKey"] =
            new() { ClientSecret = "s", ClientKey = Keys.EcPem, ClientSecretFromKey = new() { Issuer = "TEAM" } },
        ["ClientKey: is required (or ClientKeyFile) by ClientAuthentication"] = new() { ClientAuthentication = PrivateKeyJwt },
        ["ClientKey: is required (or ClientKeyFile): ClientSecretFromKey"] = new() { ClientSecretFromKey = new() { Issuer = "TEAM" } },
        ["ClientKey: is not used by ClientAuthentication 'None'"] = new() { ClientAuthentication = None, ClientKey = Keys.EcPem },
        ["ClientKey: is neither a PEM file nor a JWK"] = new() { ClientKey = "rubbish" },
        ["ClientKeyAlgorithm: 'ES256' does not fit ClientKey, which signs with RS256"] = new() { ClientKey = Keys.RsaPem, ClientKeyAlgorithm = "ES256" },
        ["ClientKeyAlgorithm: 'HS256' does not fit ClientKey, which signs with ES256."] = new() { ClientKey = Keys.EcPem, ClientKeyAlgorithm = "HS256" },
        ["ClientKeyAlgorithm: is of no use"] = new() { ClientSecret = "s", ClientKeyAlgorithm = "ES256" },
        ["ClientKeyId: names a key"] = new() { ClientSecret = "s", ClientKeyId = "1" },
        ["ClientCertificate: is required (or ClientCertificateFile)"] = new() { ClientAuthentication = TlsClientAuth },
        ["ClientCertificate: holds no certificate"] = new() { ClientCertificate = "rubbish", ClientCertificateKey = Pair.Key },
        ["ClientCertificateKey: is required"] = new() { ClientCertificate = Pair.Certificate },
        ["ClientCertificateKey: is not the key"] = new() { ClientCertificate = Pair.Certificate, ClientCertificateKey = Keys.EcPem },
        ["ClientCertificateKey: is of no use"] = new() { ClientSecret = "s", ClientCertificateKey = Pair.Key },
        ["ClientSecretFromKey:Issuer: is not used by"] =
            new() { ClientAuthentication = PrivateKeyJwt, ClientKey = Keys.EcPem, ClientSecretFromKey = new() { Issuer = "TEAM" } },
        ["ClientSecretFromKey:Audience: is required"] = new() { ClientKey = Keys.EcPem, ClientSecretFromKey = new() { Issuer = "TEAM", Audience = "" } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_cannot_work_is_one_line_that_names_its_key(string mistake) =>
        Mistakes(BadOnes[mistake]).ShouldHaveSingleItem().ShouldStartWith("Bff:Providers:work:" + mistake);

    [Fact]
    public void No_mistake_says_anything_of_a_key() =>
        BadOnes.Values.SelectMany(Mistakes).ShouldNotContain(mistake => mistake.Contains("rubbish", StringComparison.Ordinal) || mistake.Contains('\n'));

    private static List<string> Mistakes(OidcOptions options) => [.. new CredentialsCheck().Validate("work", options).Failures ?? []];
}

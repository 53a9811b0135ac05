using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Bff.Providers;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Tests.Providers;

public sealed class TokenSettingsTests
{
    private static readonly string Secret = new('s', 63);

    private const string Template = "https://idp.example/{tenantid}/v2.0";

    private static readonly (Action<OidcOptions> Make, string Start)[] Mistakes =
    [
        (options => options.NameClaim = "", "NameClaim: must be the name of a claim"),
        (options => options.RoleClaim = "realm_access.", "RoleClaim: must be the name of a claim"),
        (options => options.RoleClaim = new string('r', 257), "RoleClaim: must be the name of a claim"),
        (options => options.Claims = ["email", ""], "Claims:1: is empty"),
        (options => options.TrustedAudiences = ["api", "bff"], "TrustedAudiences:1: is our own client"),
        (options => options.UserInfo = (UserInfoUse)7, "UserInfo: must be Never, WhenNeeded or Always"),
        (options => options.Tenants = ["t"], "Tenants: needs IssuerTemplate"),
        (options => options.IssuerTemplate = Template, "Tenants: is required with IssuerTemplate"),
        (options => (options.IssuerTemplate, options.Tenants) = (Template + "/{tenantid}", ["t"]), "IssuerTemplate: must be an absolute http(s) URL"),
        (options => (options.IssuerTemplate, options.Tenants) = ("https://idp.example", ["t"]), "IssuerTemplate: must be an absolute http(s) URL"),
        (options => (options.IssuerTemplate, options.Tenants) = ("{tenantid}", ["t"]), "IssuerTemplate: must be an absolute http(s) URL"),
        (options => (options.IssuerTemplate, options.Tenants) = (Template, ["t", "a/b"]), "Tenants:1: is not the id of a tenant"),
        (options => (options.IssuerTemplate, options.Tenants) = (Template, ["t", "*"]), "Tenants: has *, which lets all tenants in"),
        (options => options.SigningAlgorithms = ["RS256", "none"], "SigningAlgorithms:1: is not among RS256, RS384"),
        (options => options.SigningAlgorithms = ["rs256"], "SigningAlgorithms:0: is not among RS256, RS384"),
        (options => options.SigningAlgorithms = ["HS256"], "SigningAlgorithms:0: needs a ClientSecret of at least 32 bytes"),
        (options => (options.ClientSecret, options.SigningAlgorithms) = (Secret, ["HS512"]), "SigningAlgorithms:0: needs a ClientSecret of at least 64 bytes"),
        (options => options.IdTokenDecryptionKey = "secret words", "IdTokenDecryptionKey: cannot be read: write a private RSA or EC key"),
        (options => options.IdTokenDecryptionKey = Pem(1024), "IdTokenDecryptionKey: is an RSA key of less than 2048 bits"),
        (options => options.IdTokenDecryptionKey = PublicPem(), "IdTokenDecryptionKey: cannot be read"),
        (options => options.IdTokenDecryptionKey = """{"kty":"oct","k":"c2VjcmV0"}""", "IdTokenDecryptionKey: is a JWK of another type than RSA or EC"),
        (options => options.IdTokenDecryptionKey = """{"kty":"RSA","use":"sig"}""", "IdTokenDecryptionKey: is a JWK whose 'use' is not 'enc'"),
        (options => options.IdTokenDecryptionKey = """{"kty":"EC","crv":"secp256k1"}""", "IdTokenDecryptionKey: is a key of another curve"),
        (options => options.IdTokenDecryptionKey = """{"kty":"RSA","n":"AQAB","e":"AQAB"}""", "IdTokenDecryptionKey: cannot be read"),
    ];

    [Fact]
    public void Every_mistake_is_said_by_its_key_in_one_line()
    {
        foreach (var (make, start) in Mistakes)
        {
            var mistakes = MistakesOf(make);
            mistakes.ShouldHaveSingleItem(start).ShouldStartWith(start);
            mistakes[0].ShouldNotContain('\n');
        }
    }

    [Fact]
    public void Every_kind_of_setting_is_accepted_as_it_should_be()
    {
        MistakesOf(options =>
        {
            (options.IssuerTemplate, options.Tenants) = (Template, ["72f988bf-86f1-41af-91ab-2d7cd011db47", "contoso.example"]);
            (options.NameClaim, options.RoleClaim, options.Claims) = ("preferred_username", "https://example.com/roles", ["email"]);
            (options.ClientSecret, options.SigningAlgorithms) = (new string('s', 64), ["EdDSA", "HS512"]);
            (options.TrustedAudiences, options.UserInfo, options.IdTokenDecryptionKey) = (["api"], UserInfoUse.Always, Pem(2048));
        }).ShouldBeEmpty();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        MistakesOf(options => options.IdTokenDecryptionKey = ec.ExportECPrivateKeyPem()).ShouldBeEmpty();
    }

    private static List<string> MistakesOf(Action<OidcOptions> make)
    {
        var options = new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = "secret" };
        make(options);
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), found, validateAllProperties: true);
        return [.. found.Select(result => $"{result.MemberNames.Single()}: {result.ErrorMessage}")];
    }

    private static string Pem(int bits)
    {
        using var rsa = RSA.Create(bits);
        return rsa.ExportPkcs8PrivateKeyPem();
    }

    private static string PublicPem()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportSubjectPublicKeyInfoPem();
    }

    private static List<string> Refused(string[] names)
    {
        var options = new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = "secret", AllowedLoginParameters = names };
        return [.. options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage!.Split('\'')[1])];
    }
}

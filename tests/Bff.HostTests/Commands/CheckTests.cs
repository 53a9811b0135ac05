using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests.Commands;

/// <summary><c>bff check</c> as an operator calls it, with one mistake planted at a time.</summary>
public sealed class CheckTests
{
    private const string CertificatePassword = "pfx-password";

    private const int Ok = 0, Unreachable = 1, Mistake = 78;

    [Fact]
    public async Task A_world_in_order_has_no_findings()
    {
        await using var world = await RealTimeWorld.StartAsync();

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(Ok, output);
        foreach (var row in new[] { "configuration", "provider", "clock", "scope", "client", "store", "keys", "api api/one" })
        {
            RowOf(row, output).ShouldContain(" ok");
        }
        output.ShouldNotContain("->");
        output.ShouldNotContain(PretendProvider.ClientSecret);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task Finds_a_wrong_secret()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:ClientSecret"] = "not-the-secret-registered";

        var output = await FindsAsync(world, Mistake, "client", "MISTAKE", "Bff:Oidc:ClientSecret", "registration");

        output.ShouldNotContain("not-the-secret-registered");
    }

    [Fact]
    public async Task Finds_a_provider_that_cannot_be_reached()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:Authority"] = "http://127.0.0.1:" + UnusedPort();

        await FindsAsync(world, Unreachable, "provider", "UNREACHABLE", "Bff:Oidc:Authority", "DNS, firewall");
    }

    [Fact]
    public async Task Finds_a_wrong_issuer()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata["issuer"] = "https://login.example.com";

        await FindsAsync(world, Mistake, "provider", "MISTAKE", "Bff:Oidc:Authority", "https://login.example.com", "Set it to the issuer");
    }

    [Fact]
    public async Task Finds_a_plain_http_authority_in_production()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:RequireHttps");

        await FindsAsync(world, Mistake, "configuration", "MISTAKE", "Bff:Oidc:Authority", "must use https");
    }

    [Fact]
    public async Task Finds_a_route_to_an_unknown_cluster()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ReverseProxy:Routes:api:ClusterId"] = "apii";

        await FindsAsync(world, Mistake, "configuration", "MISTAKE", "ReverseProxy:Routes:api:ClusterId", "'apii'", "name one of: api");
    }

    [Fact]
    public async Task Remarks_that_offline_access_is_not_asked_for()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:Scope"] = "openid profile";

        await FindsAsync(world, Ok, "scope", "warning", "Bff:Oidc:Scope", "add offline_access");
    }

    [Fact]
    public async Task Finds_a_volume_that_cannot_be_written()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var volume = "/proc/volume";   // where not even root may write
        world.Settings["Bff:Sessions:ConnectionString"] = $"Data Source={volume}/bff.db";

        await FindsAsync(world, Mistake, "store", "MISTAKE", "Bff:Sessions:ConnectionString", volume, "owner of the folder or volume");
    }

    [Fact]
    public async Task Finds_a_clock_that_is_off_by_five_minutes()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ClockAhead = TimeSpan.FromMinutes(5);

        await FindsAsync(world, Mistake, "clock", "MISTAKE", "Bff:Oidc:Authority", "about 5 min behind", "NTP");
    }

    [Fact]
    public async Task Finds_a_certificate_that_has_expired()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = WriteCertificate(world.Folder, DateTimeOffset.Parse("2020-01-31", System.Globalization.CultureInfo.InvariantCulture));
        world.Settings["Kestrel:Certificates:Default:Path"] = file;
        world.Settings["Kestrel:Certificates:Default:Password"] = CertificatePassword;

        var output = await FindsAsync(world, Mistake, "our TLS", "MISTAKE", "Kestrel:Certificates:Default", "2020-01-31", file);

        output.ShouldNotContain(CertificatePassword);
    }

    [Fact]
    public async Task Finds_that_the_providers_certificate_has_expired()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var certificate = X509CertificateLoader.LoadPkcs12FromFile(
            WriteCertificate(world.Folder, DateTimeOffset.Parse("2020-01-31", System.Globalization.CultureInfo.InvariantCulture)), CertificatePassword);
        using var provider = new TcpListener(IPAddress.Loopback, 0);
        provider.Start();
        var serving = ServeTlsAsync(provider, certificate);
        world.Settings["Bff:Oidc:Authority"] = "https://" + provider.LocalEndpoint;

        await FindsAsync(world, Mistake, "provider's TLS", "MISTAKE", "Bff:Oidc:Authority", "2020-01-31", "renew");

        provider.Stop();
        await serving;
    }

    [Fact]
    public async Task Finds_a_front_end_origin_with_a_path()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Spa:Origins:0"] = "https://app.example.com/start";

        await FindsAsync(world, Mistake, "configuration", "MISTAKE", "Bff:Spa:Origins:0", "without path");
    }

    [Fact]
    public async Task Finds_an_api_that_cannot_be_reached()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ReverseProxy:Clusters:api:Destinations:one:Address"] = "http://127.0.0.1:" + UnusedPort();

        await FindsAsync(world, Unreachable, "api api/one", "UNREACHABLE", "ReverseProxy:Clusters:api:Destinations:one:Address", "API up?");
    }

    [Fact]
    public async Task Warns_of_a_certificate_that_expires_soon_without_failing()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Kestrel:Certificates:Default:Path"] = WriteCertificate(world.Folder, TimeProvider.System.GetUtcNow().AddDays(5));
        world.Settings["Kestrel:Certificates:Default:Password"] = CertificatePassword;

        await FindsAsync(world, Ok, "our TLS", "warning", "Kestrel:Certificates:Default", "expires on");
    }

    [Theory]
    [InlineData("response_types_supported", "id_token")]
    [InlineData("response_modes_supported", "form_post")]
    [InlineData("grant_types_supported", "refresh_token")]
    [InlineData("id_token_signing_alg_values_supported", "HS256")]
    public async Task Finds_that_the_provider_does_not_offer_what_a_sign_in_needs(string name, string only)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata[name] = new[] { only };

        await FindsAsync(world, Mistake, "metadata", "MISTAKE", name);
    }

    [Theory]
    [InlineData("require_pushed_authorization_requests")]
    [InlineData("require_signed_request_object")]
    [InlineData("dpop_bound_access_tokens")]
    public async Task Finds_that_the_provider_requires_what_Bff_does_not_do(string name)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata[name] = true;

        await FindsAsync(world, Mistake, "metadata", "MISTAKE", name is "dpop_bound_access_tokens" ? "DPoP" : name);
    }

    [Theory]
    [InlineData("token_endpoint_auth_methods_supported", "private_key_jwt", "client_secret_basic")]
    [InlineData("code_challenge_methods_supported", "plain", "S256")]
    public async Task Warns_of_what_the_provider_does_not_announce(string name, string only, string missing)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata[name] = new[] { only };

        await FindsAsync(world, Ok, "metadata", "warning", name, missing);
    }

    [Fact]
    public async Task Warns_of_a_scope_the_provider_does_not_announce()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata["scopes_supported"] = new[] { "openid", "profile" };

        await FindsAsync(world, Ok, "scope", "warning", "Bff:Oidc:Scope", "does not announce offline_access");
    }

    [Fact]
    public async Task Says_that_a_secret_is_known_only_when_a_wrong_one_is_refused()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_grant"}""");   // looks at the token first

        var output = await FindsAsync(world, Ok, "client", "warning", "not proven");

        output.ShouldNotContain("knows");
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_dpop_proof"}""");
        await FindsAsync(world, Mistake, "client", "MISTAKE", "DPoP");
    }

    [Fact]
    public async Task Pushes_one_authorization_request_where_that_is_offered()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata["pushed_authorization_request_endpoint"] = world.Provider.Issuer + "/par";
        world.Provider.Faults.AnswerWith("/par", 201, """{"request_uri":"urn:example:1","expires_in":60}""", "application/json");
        world.Settings["ASPNETCORE_URLS"] = "http://127.0.0.1:3456";
        await FindsAsync(world, Ok, "pushed request", "ok", "http://127.0.0.1:3456/signin-oidc");

        world.Provider.Faults.AnswerWith("/par", 400, """{"error":"invalid_scope"}""", "application/json");
        await FindsAsync(world, Ok, "pushed request", "warning", "invalid_scope", "Bff:PublicUrl");

        world.Provider.Faults.AnswerWith("/par", 502, "<html>", "text/html");
        await FindsAsync(world, Unreachable, "pushed request", "UNREACHABLE", "502");
    }

    [Fact]
    public async Task Warns_of_tokens_in_clear_text_of_certificates_that_nobody_checks_and_of_routes_over_our_own_paths()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ReverseProxy:Clusters:far:Destinations:one:Address"] = "http://api.invalid:8080/?key=sekret";
        world.Settings["ReverseProxy:Clusters:far:HttpClient:DangerousAcceptAnyServerCertificate"] = "true";
        world.Settings["ReverseProxy:Routes:all:ClusterId"] = "far";
        world.Settings["ReverseProxy:Routes:all:Match:Path"] = "/{**catch-all}";
        world.Settings["ReverseProxy:Routes:all:Metadata:Bff.Token"] = "User";
        world.Settings["ReverseProxy:Routes:plain:AuthorizationPolicy"] = "";
        world.Settings["ReverseProxy:Routes:open:Metadata:Bff.Csrf"] = "Navigation";
        world.Settings["Bff:PublicUrl"] = "https://app.example";
        world.Settings["Bff:TrustedProxies:0"] = "10.0.0.0/8";
        world.Settings["Bff:TrustedProxies:1"] = "10.1.2.3/32";
        world.Settings["Bff:TrustedProxies:2"] = "2001:db8::/32";
        world.Settings["Bff:Ops:Url"] = "http://+:3002";
        world.Settings["Bff:Ops:Token"] = "token-for-the-ops-port";

        var output = await FindsAsync(world, Unreachable, "clear text", "warning", "Destinations:one:Address", "http://api.invalid:8080 ");

        output.ShouldContain("Bff:Ops:Url: the operators' token goes to http://+:3002");
        RowOf("certificates", output).ShouldContain("warning");
        RowOf("certificates", output).ShouldContain("DangerousAcceptAnyServerCertificate");
        RowOf("routes", output).ShouldContain("'/{**catch-all}' also matches /bff, /signin-oidc, /signout-callback-oidc");
        output.ShouldContain("ReverseProxy:Routes:plain: has neither an AuthorizationPolicy nor a Bff.Token: anybody may call it.");
        output.ShouldNotContain("ReverseProxy:Routes:open: has neither");
        output.ShouldContain("ReverseProxy:Routes:open:Metadata:Bff.Csrf: nobody is ever led to sign in");
        output.ShouldContain("Bff:TrustedProxies:0: everybody in 10.0.0.0/8");
        output.ShouldContain("Bff:TrustedProxies:2: everybody in 2001:db8::/32");
        output.ShouldNotContain("Bff:TrustedProxies:1");
        output.ShouldNotContain("sekret");
    }

    [Fact]
    public async Task Warns_of_a_sign_in_page_that_is_out_of_browsers_reach()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:PublicUrl"] = "https://app.example.com";

        (await FindsAsync(world, Ok, "provider", "ok")).ShouldContain("browsers are sent to " + world.Provider.Issuer);
    }

    [Fact]
    public async Task Lists_several_mistakes_at_once()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:ClientSecret"] = "not-the-secret-registered";
        world.Settings["Bff:Sessions:ConnectionString"] = "Data Source=/proc/volume/bff.db";
        world.Settings["ReverseProxy:Clusters:api:Destinations:one:Address"] = "http://127.0.0.1:" + UnusedPort();

        var output = await FindsAsync(world, Mistake, "client", "MISTAKE");

        RowOf("store", output).ShouldContain("MISTAKE");
        RowOf("api api/one", output).ShouldContain("UNREACHABLE");
    }

    private static async Task<string> FindsAsync(RealTimeWorld world, int exitCode, string check, string result, params string[] words)
    {
        var (code, output) = await world.RunAsync("check");
        code.ShouldBe(exitCode, output);
        var row = RowOf(check, output);
        row.ShouldContain(result);
        foreach (var word in words) { row.ShouldContain(word); }
        output.ShouldNotContain("   at ");
        return output;
    }

    /// <summary>The first row of a check, with the lines below it that carry on.</summary>
    private static string RowOf(string check, string output)
    {
        var lines = output.Split('\n').SkipWhile(line => !line.StartsWith(check + " ", StringComparison.Ordinal)).ToList();
        lines.ShouldNotBeEmpty($"no row '{check}' in:\n{output}");
        return string.Join('\n', lines.Take(1).Concat(lines.Skip(1).TakeWhile(line => line.StartsWith(' '))));
    }

    private static async Task ServeTlsAsync(TcpListener listener, X509Certificate2 certificate)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(certificate);
            }
            catch (Exception error) when (error is IOException or AuthenticationException)
            {
                // Nobody trusts it.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string WriteCertificate(string folder, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=bff.example.com", key, HashAlgorithmName.SHA256).CreateSelfSigned(until.AddDays(-90), until);
        var file = Path.Combine(folder, "bff.pfx");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, CertificatePassword));
        return file;
    }
}

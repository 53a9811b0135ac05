using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests.Ops;

public sealed class OpsPortTests
{
    private const string Token = "an-ops-token-for-tests";

    [Fact]
    [Trait("Standard", "ASVS-13")]
    public async Task An_ops_endpoint_does_not_exist_on_the_public_port_whatever_the_host_header_says()
    {
        await using var world = await World.StartAsync();

        (await GetAsync(world.Bff.OpsAddress, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(world.Bff.Address, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(world.Bff.Address, "/healthz", host: world.Bff.OpsAddress.Authority)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_public_endpoint_does_not_exist_on_the_ops_port_whatever_the_host_header_says()
    {
        await using var world = await World.StartAsync();

        (await GetAsync(world.Bff.Address, "/plain/x")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(world.Bff.OpsAddress, "/plain/x")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(world.Bff.OpsAddress, "/bff/session")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(world.Bff.OpsAddress, "/plain/x", host: world.Bff.Address.Authority)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        world.Api.Calls.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "HARD-7")]
    public async Task With_a_token_configured_only_probes_come_without_it()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));

        using var refused = await GetAsync(world.Bff.OpsAddress, "/anything");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
        (await refused.Content.ReadAsStringAsync()).ShouldContain("ops_token_required");
        (await GetAsync(world.Bff.OpsAddress, "/anything", token: Token + "x")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await GetAsync(world.Bff.OpsAddress, "/anything", token: Token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(world.Bff.OpsAddress, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains(Token));
    }

    [Fact]
    [Trait("Standard", "ASVS-13")]
    public async Task Without_a_token_no_web_page_gets_through_to_the_loopback_port()
    {
        await using var world = await World.StartAsync();

        (await GetAsync(world.Bff.OpsAddress, "/anything")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(world.Bff.OpsAddress, "/anything", host: "rebound.example:3002")).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await GetAsync(world.Bff.OpsAddress, "/anything", site: "cross-site")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(world.Bff.OpsAddress, "/anything", site: "cross-site", follows: true)).StatusCode.ShouldBe(HttpStatusCode.NotFound,
            "a link may lead here");
        (await GetAsync(world.Bff.OpsAddress, "/anything", origin: "http://localhost:5000")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(world.Bff.OpsAddress, "/anything", site: "same-origin")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Standard", "HARD-7")]
    public async Task A_client_certificate_of_the_configured_authority_is_as_good_as_a_token()
    {
        using var ours = new Authority("our operators");
        using var foreign = new Authority("somebody else");
        using var folder = new TemporaryFolder();
        await using var world = await World.StartAsync(
            ("Bff:Ops:Url", "https://127.0.0.1:0"), ("Bff:Ops:ClientCertificateAuthority", folder.Write("ca.pem", ours.Certificate.ExportCertificatePem())),
            ("Kestrel:Endpoints:Ops:Certificate:Path", folder.Write("ops.pfx", ours.Issue("ops").Export(X509ContentType.Pkcs12))));

        (await GetAsync(world.Bff.OpsAddress, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(world.Bff.OpsAddress, "/anything")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await GetAsync(world.Bff.OpsAddress, "/anything", certificate: ours.Issue("operator"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Should.ThrowAsync<HttpRequestException>(GetAsync(world.Bff.OpsAddress, "/anything", certificate: foreign.Issue("operator")));
    }

    [Fact]
    [Trait("Standard", "ASVS-13")]
    public async Task An_ops_port_that_others_can_reach_needs_a_token()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://0.0.0.0:0";
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(78);
        process.Errors.ShouldContain("- Bff:Ops:Token: ");
    }

    private static async Task<HttpResponseMessage> GetAsync(
        Uri at,
        string path,
        string? host = null,
        string? token = null,
        string? site = null,
        bool follows = false,
        string? origin = null,
        X509Certificate2? certificate = null)
    {
        using var handler =
            new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        if (certificate is not null) { handler.ClientCertificates.Add(certificate); }
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(at, path));
        if (host is not null) { request.Headers.Host = host; }
        if (token is not null) { request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        if (site is not null) { request.Headers.Add("Sec-Fetch-Site", site); }
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        if (follows)
        {
            request.Headers.Add("Sec-Fetch-Mode", "navigate");
            request.Headers.Add("Sec-Fetch-Dest", "document");
        }

        return await http.SendAsync(request);
    }
}

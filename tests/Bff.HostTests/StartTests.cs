using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Bff.HostTests;

public sealed class StartTests
{
    private const int ConfigurationError = 78;

    [Fact]
    [Trait("Standard", "ASVS-15")]
    public async Task Every_mistake_in_the_configuration_is_listed_at_once_under_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:ClientId");
        world.Settings["Bff:Oidc:Authority"] = "login.example.com";
        world.Settings["Bff:Oidc:Scope"] = "profile";
        world.Settings["Bff:Oidc:Secret"] = "misspelt";
        world.Settings["Bff:Sessions:CookieName"] = "session";
        world.Settings["Bff:Sessions:IdleTimeout"] = "half an hour";
        world.Settings["Bff:Renewal:Lead"] = "-00:01:00";
        world.Settings["Bff:Renewal:MaxConcurrency"] = "0";
        world.Settings["Bff:Renewal:TokenTimeout"] = "00:00:00";
        world.Settings["Bff:Ops:Url"] = "http://0.0.0.0:0";
        world.Settings["Bff:Ops:DrainFor"] = "01:00:00";
        world.Settings["Bff:Spa:Origins:0"] = "http://localhost:5000/";
        world.Settings["Bff:TrustedProxies:0"] = "everybody";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "Usr";
        world.Settings["ReverseProxy:Routes:open:ClusterId"] = "nowhere";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        foreach (var key in new[]
        {
            "Bff:Oidc:ClientId", "Bff:Oidc:Authority", "Bff:Oidc:Scope", "Bff:Oidc:Secret", "Bff:Sessions:CookieName", "Bff:Sessions:IdleTimeout",
            "Bff:Renewal:Lead",
            "Bff:Renewal:MaxConcurrency", "Bff:Renewal:TokenTimeout", "Bff:Ops:Token", "Bff:Ops:DrainFor", "Bff:Spa:Origins:0", "Bff:TrustedProxies:0",
            "ReverseProxy:Routes:api:Metadata:Bff.Token", "ReverseProxy:Routes:open:ClusterId",
        })
        {
            process.Errors.ShouldContain("- " + key + ": ");
        }

        process.Errors.ShouldNotContain(PretendProvider.ClientSecret);
        ShouldHaveNoStackTrace(process);
        Directory.Exists(Path.Combine(world.Folder, "data")).ShouldBeFalse("a wrong configuration touches no disk");
    }

    [Fact]
    public async Task A_secret_file_that_is_not_there_is_a_mistake_under_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientSecretFile"] = Path.Combine(world.Folder, "not-mounted");
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Oidc:ClientSecretFile");
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_line()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = "http://" + other.LocalEndpoint;
        world.Settings["ASPNETCORE_URLS"] = address;

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(75, "another process may be gone the next time: no mistake of the configuration");
        process.Errors.ShouldContain(address);
        process.Errors.ShouldContain("ASPNETCORE_URLS");
        process.Errors.Trim().Split('\n').Length.ShouldBe(1);
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_database_folder_that_cannot_be_made_is_named_with_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "a-file");
        await File.WriteAllTextAsync(file, "in the way");
        world.Settings["Bff:Sessions:ConnectionString"] = $"Data Source={file}/bff.db";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Sessions:ConnectionString");
        process.Errors.ShouldContain(file);
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_database_file_that_is_none_is_named_with_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "bff.db");
        await File.WriteAllTextAsync(file, new string('x', 8192));
        world.Settings["Bff:Sessions:ConnectionString"] = "Data Source=" + file;

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Sessions:ConnectionString");
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_store_that_is_away_at_the_start_is_waited_for_and_readiness_says_so()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = "Host=127.0.0.1;Port=1;Username=bff;Database=bff";
        await world.StartListeningAsync();
        using var http = new HttpClient();
        using var browser = world.NewBrowser();

        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/healthz"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync()).ShouldContain("127.0.0.1:1");
        (await browser.StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "store_unavailable");
        (world.Bff.Output + world.Bff.Errors).ShouldContain("The session store cannot be used");
        ShouldHaveNoStackTrace(world.Bff);
    }

    [Fact]
    public async Task Starting_needs_no_provider_and_says_where_it_listens()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.GoDown();
        await world.StartListeningAsync();
        using var browser = world.NewBrowser();

        (await browser.GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");

        world.Provider.ComeBack();
        await Eventually.HappensAsync(async () =>
        {
            await browser.OpenAsync("/bff/login?login_hint=alice");
            return browser.Session is not null;
        }, "the metadata are asked for again");
        (await browser.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Bff.Output.ShouldNotContain("dbug:");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Path.Combine(world.Folder, "data")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task What_YARP_and_Kestrel_would_not_do_is_refused_with_its_cure()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ReverseProxy:Routes:api:AuthorisationPolicy"] = "default";
        world.Settings["ReverseProxy:Routes:api:TimeoutPolicy"] = "slow";
        world.Settings["ReverseProxy:Routes:api:OutputCachePolicy"] = "cached";
        world.Settings["ReverseProxy:Routes:api:RateLimiterPolicy"] = "fast";
        world.Settings["ReverseProxy:Routes:api:CorsPolicy"] = "open";
        world.Settings["ReverseProxy:Routes:plain:Timeout"] = "-00:00:01";
        world.Settings["ReverseProxy:Clusters:api:WeightedDestinations:0"] = "one";
        world.Settings["Kestrel:Limits:MaxRequestBodySise"] = "1";
        world.Settings["Kestrel:Limits:MaxRequestBodySize"] = "many";
        world.Settings["Kestrel:Limits:KeepAliveTimeout"] = "-00:00:01";
        world.Settings["Kestrel:Limits:Http2:MaxStreamsPerConnection"] = "0";
        world.Settings["Kestrel:Limits:MinRequestBodyDataRate:GracePeriod"] = "soon";
        world.Settings["Kestrel:Certificates:Default:Path"] = "not-there.pfx";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        foreach (var key in new[]
        {
            "ReverseProxy:Routes:api:AuthorisationPolicy", "ReverseProxy:Routes:api:TimeoutPolicy", "ReverseProxy:Routes:api:OutputCachePolicy",
            "ReverseProxy:Routes:api:RateLimiterPolicy",
            "ReverseProxy:Routes:api:CorsPolicy", "ReverseProxy:Routes:plain", "ReverseProxy:Clusters:api:WeightedDestinations",
            "Kestrel:Limits:MaxRequestBodySise", "Kestrel:Limits:MaxRequestBodySize",
            "Kestrel:Limits:KeepAliveTimeout", "Kestrel:Limits:Http2:MaxStreamsPerConnection", "Kestrel:Limits:MinRequestBodyDataRate:GracePeriod",
            "Kestrel:Certificates:Default:Path",
        })
        {
            process.Errors.ShouldContain("- " + key + ": ");
        }

        ShouldHaveNoStackTrace(process);
    }

    [Theory]
    [InlineData("MaxRequestBufferSize", "4194304", 4194304)]
    [InlineData("MaxRequestHeadersTotalSize", "262144", 262144)]
    [InlineData("MaxRequestBodySize", "1000", 131072)]
    public async Task A_configured_limit_wins_over_our_defaults(string limit, string value, long buffer)
    {
        await using var world = await World.StartAsync(("Kestrel:Limits:" + limit, value));
        world.Bff.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxRequestBufferSize.ShouldBe(buffer);
    }

    [Fact]
    public async Task Client_certificates_that_would_be_asked_for_less_strictly_than_configured_are_refused()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Kestrel:Endpoints:Main:Url"] = "https://127.0.0.1:0";
        world.Settings["Kestrel:Endpoints:Main:Protocols"] = "Http1AndHttp2AndHttp3";
        world.Settings["Kestrel:Endpoints:Main:ClientCertificateMode"] = "AllowCertificate";
        world.Settings["Kestrel:Endpoints:Ops:ClientCertificateMode"] = "RequireCertificate";
        world.Settings["Bff:Ops:ClientCertificateAuthority"] = "not-there.pem";
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("- Kestrel:Endpoints:Main:ClientCertificateMode: does not go with HTTP/3");
        process.Errors.ShouldContain("- Kestrel:Endpoints:Ops:ClientCertificateMode: cannot be RequireCertificate");
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_request_buffer_smaller_than_what_it_must_hold_is_refused()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Kestrel:Limits:MaxRequestBufferSize"] = "131072";
        world.Settings["Kestrel:Limits:MaxRequestHeadersTotalSize"] = "262144";
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Kestrel:Limits:MaxRequestBufferSize: must not be smaller than MaxRequestHeadersTotalSize");
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    [Trait("Standard", "HARD-15")]
    public async Task The_errors_of_a_start_quote_nothing_that_may_be_a_secret()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Renewal:Lead"] = "sekret-1";
        world.Settings["Bff:Oidc:Authority"] = "sekret-2";
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientSecretFile"] = "sekret-3";
        world.Settings["Bff:Ops:Url"] = "http://me:sekret-4@+";
        world.Settings["Bff:Ops:ClientCertificateAuthority"] = "sekret-5";
        world.Settings["Bff:Spa:Origins:0"] = "https://me:sekret-6@app.example/?sekret-6";
        world.Settings["Bff:Sessions:ConnectionString"] = "sekret-7";
        world.Settings["ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout"] = "sekret-8";
        world.Settings["Bff:TrustedProxies:0"] = "\u001B[2J";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Oidc:ClientSecretFile");
        (process.Output + process.Errors).ShouldNotContain("sekret");
        (process.Output + process.Errors).ShouldNotContain("\u001B");
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_limit_of_Kestrel_counts_and_that_of_a_route_wins()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Kestrel:Limits:MaxRequestBodySize"] = "1000";
        world.Settings["Kestrel:Limits:MaxRequestHeaderCount"] = "30";
        world.Settings["ReverseProxy:Routes:open:MaxRequestBodySize"] = "5000";
        await world.StartListeningAsync();
        using var browser = world.NewBrowser();

        (await PostAsync("/plain/x", 900)).Status.ShouldBe(HttpStatusCode.OK);
        (await PostAsync("/plain/x", 2000)).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PostAsync("/open/x", 2000)).Status.ShouldBe(HttpStatusCode.OK);
        (await PostAsync("/open/x", 6000)).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var many = browser.Script(HttpMethod.Get, "/plain/x");
        for (var i = 0; i < 40; i++) { many.Headers.Add("X-Header-" + i, "x"); }
        (await browser.SendAsync(many)).Status.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);

        Task<Answer> PostAsync(string path, int length)
        {
            var request = browser.Script(HttpMethod.Post, path);
            request.Content = new ByteArrayContent(new byte[length]);
            return browser.SendAsync(request);
        }
    }

    private static void ShouldHaveNoStackTrace(BffProcess process) => (process.Output + process.Errors).ShouldNotContain("   at ");
}

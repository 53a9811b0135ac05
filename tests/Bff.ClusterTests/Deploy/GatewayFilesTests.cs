using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bff.HostTests;

namespace Bff.ClusterTests.Deploy;

/// <summary>Gateways that ask Bff and forward by themselves, each with its files of deploy/gateways, TLS included, on the page's whole journey.</summary>
public sealed class GatewayFilesTests
{
    private static readonly string Files = Path.Combine(Repository.Root, "deploy", "gateways");

    public static TheoryData<string> Gateways => ["nginx", "caddy"];

    private static readonly (string Key, string? Value)[] Machines =
    [
        ("ReverseProxy:Routes:machines:ClusterId", "api"), ("ReverseProxy:Routes:machines:Match:Path", "/open/machines/{**rest}"),
        ("ReverseProxy:Routes:machines:Metadata:Bff.Token", "PassThrough"), ("ReverseProxy:Routes:machines:Metadata:Bff.Audience", "orders"),
    ];

    [Theory]
    [MemberData(nameof(Gateways))]
    public async Task The_page_lives_its_life_with_Bff_out_of_the_way_of_its_calls(string name)
    {
        var at = new Uri($"https://localhost:{FreePort.Find()}");
        await using var world = await World.StartAsync(
        [
            .. GatewayClient.Settings, .. Machines, ("Bff:PublicUrl", at.AbsoluteUri.TrimEnd('/')), ("Bff:TrustedProxies:0", "127.0.0.1/32"),
            ("Bff:Sessions:CacheLifetime", "00:00:00"), .. FetchedRoutes.Of("pages", "Navigation"),
        ]);
        await using var gateway = await StartAsync(name, world, at);
        using var alice = new RemoteBrowser(at, world.Clock);
        using var stranger = new RemoteBrowser(at, world.Clock);

        (await alice.SignInAsync("alice")).ShouldBe(new Uri(at, "/signin-oidc").AbsoluteUri, gateway.Said);

        // The API gets the user's token, and nothing of what a browser may not say.
        await CallsAsync(alice, world, gateway, "alice", HttpMethod.Get);
        await CallsAsync(alice, world, gateway, "alice", HttpMethod.Post);
        world.Api.LastCall.Target.ShouldBe("/api/a%20b?q=%C3%A4%2F1");
        await CallsAsync(stranger, world, gateway, "nobody", HttpMethod.Get, "/open/a%20b?q=%C3%A4%2F1");

        // A caller's own token is Bff's to judge, and reaches the API when it is good.
        var machine = "Bearer " + Jwt.Sign(
            new Dictionary<string, object?>
            {
                ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = "orders",
                ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
            }, world.Provider.Key, header => header["typ"] = "at+jwt");
        using (var answer = await stranger.CallAsync(HttpMethod.Get, "/open/machines/x", Bearing(machine)))
        {
            (answer.StatusCode, world.Api.LastCall.Header("Authorization")).ShouldBe((HttpStatusCode.OK, machine), gateway.Said);
        }

        await IsRefusedAsync(await stranger.CallAsync(HttpMethod.Get, "/open/machines/x", Bearing(machine + "x")), 401, "invalid_token", gateway);
        await IsRefusedAsync(await stranger.CallAsync(HttpMethod.Get, "/open/machines/x"), 401, "token_required", gateway);

        // Renewals go on behind it.
        var before = world.Provider.Grant.AccessToken!.Value;
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));
        await CallsAsync(alice, world, gateway, "alice", HttpMethod.Get);
        (world.Api.LastCall.Token == before, world.Api.Refused).ShouldBe((false, 0));

        // What is refused is refused by Bff's own word and status, and before the API hears of it.
        var calls = world.Api.Calls.Count;
        await IsRefusedAsync(await stranger.CallAsync(HttpMethod.Get, "/api/echo"), 401, "session_required", gateway);
        await IsRefusedAsync(
            await alice.CallAsync(HttpMethod.Post, "/api/echo", request => request.Headers.Remove("X-CSRF")), 403, "csrf_header_missing", gateway);
        await IsRefusedAsync(await alice.CallAsync(HttpMethod.Get, "/api/..%2Fopen/x"), 400, "ambiguous_path", gateway);
        await IsRefusedAsync(await alice.CallAsync(HttpMethod.Get, "/open/..%252fapi/x"), 400, "ambiguous_path", gateway);
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        using (var away = await alice.CallAsync(HttpMethod.Post, "/api/echo"))
        {
            await IsRefusedAsync(away, 503, "store_unavailable", gateway);
            away.Headers.RetryAfter.ShouldNotBeNull();
        }

        world.Execute("ALTER TABLE hidden RENAME TO sessions");

        // Which host it is for is read once: the target has another one than the Host header.
        foreach (var path in (string[])["/open/x", "/bff/session"])
        {
            var said = await SendAsync(at, $"GET https://evil.example{path} HTTP/1.1\r\nHost: {at.Authority}\r\nX-CSRF: 1\r\nConnection: close\r\n\r\n");
            said.ShouldNotContain("isLoggedIn", Case.Sensitive, gateway.Said);
        }

        world.Api.Calls.Count.ShouldBe(calls);

        // A page behind the sign-in leads there.
        using (var page = await stranger.CallAsync(HttpMethod.Get, "/pages/x?y=1", AsTab))
        {
            (page.StatusCode, page.Headers.Location?.OriginalString).ShouldBe(
                (HttpStatusCode.Found, "/bff/login?returnUrl=%2Fpages%2Fx%3Fy%3D1"), gateway.Said);
        }

        // A refusal of the API's own stays the API's.
        world.Api.Answers = context => (context.Response.StatusCode, context.Response.Headers["X-From"]) = (403, "the API");
        using (var answer = await alice.CallAsync(HttpMethod.Get, "/api/echo"))
        {
            (answer.StatusCode, answer.Headers.GetValues("X-From").Single()).ShouldBe((HttpStatusCode.Forbidden, "the API"), gateway.Said);
        }

        world.Api.Answers = _ => { };
        (await alice.CallAsync(HttpMethod.Post, "/bff/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await IsRefusedAsync(await alice.CallAsync(HttpMethod.Get, "/api/echo"), 401, "session_required", gateway);
    }

    private static Action<HttpRequestMessage> Bearing(string authorization) =>
        request => request.Headers.TryAddWithoutValidation("Authorization", authorization);

    private static async Task CallsAsync(
        RemoteBrowser browser, World world, DocumentedProxy gateway, string user, HttpMethod method, string path = "/api/a%20b?q=%C3%A4%2F1")
    {
        using var answer = await browser.CallAsync(method, path, request =>
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer forged");
            request.Headers.Add("DPoP", "forged");
            request.Headers.Add("Cookie", "other=1");
            request.Headers.Add("X-Forwarded-Uri", "/plain/x");
            request.Headers.Add("X-Forwarded-Method", "OPTIONS");
            request.Headers.Add("X-Forwarded-Host", "evil.example");
            foreach (var name in (string[])["X-Forwarded-User", "X_Forwarded_User", "X.Forwarded.User"]) { request.Headers.Add(name, "forged"); }
            request.Headers.Add("X-Bff-Gateway-Token", "forged");
            if (method == HttpMethod.Post) { request.Content = new ByteArrayContent(new byte[2_000_000]); }
        });
        (answer.StatusCode, await answer.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, user), gateway.Said);
        var call = world.Api.LastCall;
        (call.Method, call.Header("Authorization") ?? "").ShouldBe(
            (method.Method, user == "nobody" ? "" : $"Bearer {world.Provider.Grant.AccessToken!.Value}"));
        (call.Header("Cookie") ?? "").ShouldBe("");
        call.Headers.Values.ShouldNotContain(value => value.Contains("forged", StringComparison.Ordinal) || value.Contains(GatewayClient.Token));
    }

    private static async Task IsRefusedAsync(HttpResponseMessage answer, int status, string code, DocumentedProxy gateway)
    {
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType).ShouldBe((status, "application/problem+json"), body + gateway.Said);
        body.ShouldContain($"\"{code}\"");
    }

    private static void AsTab(HttpRequestMessage request)
    {
        request.Headers.Clear();
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        request.Headers.Add("Sec-Fetch-Dest", "document");
    }

    /// <summary>What no HTTP library would.</summary>
    private static async Task<string> SendAsync(Uri at, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, at.Port);
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync("localhost");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(Eventually.Deadline, TimeProvider.System);
    }

    private static async Task<DocumentedProxy> StartAsync(string name, World world, Uri at)
    {
        using var authority = new Authority("The tests");
        using var certificate = authority.Issue("localhost");
        await WriteAsync("app.crt", certificate.ExportCertificatePem());
        await WriteAsync("app.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (name == "caddy")
        {
            return await DocumentedProxy.StartAsync(name, world.Folder, at, await ReadAsync("Caddyfile"), ("BFF_GATEWAY_TOKEN", GatewayClient.Token));
        }

        await WriteAsync("bff-token.conf", $"proxy_set_header X-Bff-Gateway-Token \"{GatewayClient.Token}\";");
        await WriteAsync("bff-question.conf", await ReadAsync("nginx/bff-question.conf"));
        return await DocumentedProxy.StartAsync(name, world.Folder, at, await ReadAsync("nginx/bff.conf"));

        Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(world.Folder, file), text + "\n");

        // The tests' addresses, and their routes beside that of the file.
        async Task<string> ReadAsync(string file) => (await File.ReadAllTextAsync(Path.Combine(Files, file)))
            .Replace("127.0.0.1:3001", $"127.0.0.1:{world.Bff.Address.Port}", StringComparison.Ordinal)
            .Replace("127.0.0.1:3003", world.Bff.GatewayAddress.Authority, StringComparison.Ordinal)
            .Replace("127.0.0.1:5001", new Uri(world.Api.Address).Authority, StringComparison.Ordinal)
            .Replace("location /api/ {", "location ~ ^/(api|open|pages)/ {", StringComparison.Ordinal)
            .Replace("handle /api/* {", "@calls path /api/* /open/* /pages/*\n\thandle @calls {", StringComparison.Ordinal)
            .Replace("/etc/nginx/", world.Folder + "/", StringComparison.Ordinal).Replace("/etc/ssl/", world.Folder + "/", StringComparison.Ordinal);
    }
}

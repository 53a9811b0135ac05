using System.Net;
using Bff.HostTests;

namespace Bff.ClusterTests.Deploy;

/// <summary>Each proxy with the configuration of its page in docs/deploy, TLS included, in front of a real Bff.</summary>
public sealed class ProxyPagesTests(FrontedBff bff) : IClassFixture<FrontedBff>
{
    private const int Big = 9_000;

    public static TheoryData<string> Proxies => [.. DocumentedProxy.Names];

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Behind_it_a_browser_signs_in_and_everything_gets_through(string name)
    {
        var (world, at, folder) = bff.AtRoot;
        await using var proxy = await DocumentedProxy.StartAsync(name, folder, at, world.Bff.Address, world.Bff.OpsAddress);
        using var browser = new RemoteBrowser(at);

        (await browser.SignInAsync("alice")).ShouldBe(new Uri(at, "/signin-oidc").AbsoluteUri, proxy.Said);

        // What the browser says of itself where a proxy should speak counts for nothing.
        using (var answer = await browser.CallAsync(HttpMethod.Get, "/api/echo", request =>
        {
            request.Headers.Add("X-Forwarded-For", "192.0.2.6");
            request.Headers.Add("X-Forwarded-Host", "evil.example");
            request.Headers.Add("X-Forwarded-Proto", "http");
            request.Headers.Add("X-Forwarded-Prefix", "/other");   // a front end's where this session is worth nothing
        }))
        {
            (await answer.Content.ReadAsStringAsync()).ShouldBe("alice");
            var call = world.Api.LastCall;
            (call.Header("X-Forwarded-For"), call.Header("X-Forwarded-Proto"), call.Header("X-Forwarded-Host"))
                .ShouldBe((RemoteBrowser.Address, "https", at.Authority));
        }

        (await browser.EchoAsync("/api/socket", "hello")).ShouldBe("hello");
        (await browser.FirstLineAsync("/api/events")).ShouldBe("begun");
        (await browser.FirstLineAsync("/bff/events")).ShouldNotBeNullOrEmpty();

        world.Api.Answers = context => context.Response.Headers["X-Big"] = new string('x', Big);
        using (var answer = await browser.CallAsync(HttpMethod.Post, "/api/echo", request =>
        {
            request.Headers.Add("Cookie", "other=" + new string('c', Big));
            request.Content = new ByteArrayContent(new byte[2_000_000]);
        }))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, proxy.Said);
            answer.Headers.GetValues("X-Big").Single().Length.ShouldBe(Big);
        }

        world.Api.Answers = _ => { };
        using var encoded = await browser.CallAsync(HttpMethod.Get, "/api/a%2Fb%20c?q=%C3%A4%2F1");
        encoded.StatusCode.ShouldBe(HttpStatusCode.OK, proxy.Said);
        world.Api.LastCall.Target.ShouldBe("/api/a%2Fb%20c?q=%C3%A4%2F1");
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Behind_it_Bff_is_published_below_a_path(string name)
    {
        var (world, at, folder) = bff.BelowPath;
        await using var proxy = await DocumentedProxy.StartAsync(name, folder, at, world.Bff.Address, world.Bff.OpsAddress);
        using var browser = new RemoteBrowser(at);

        (await browser.SignInAsync("bob")).ShouldBe(at.AbsoluteUri + "/signin-oidc", proxy.Said);
        using var answer = await browser.CallAsync(HttpMethod.Get, "/api/echo");
        (await answer.Content.ReadAsStringAsync()).ShouldBe("bob");
        world.Api.LastCall.Path.ShouldBe("/api/echo");
    }
}

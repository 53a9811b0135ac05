namespace Bff.HostTests.Forwarding;

/// <summary>Which of a browser's headers reach an upstream: all but a documented list, and on a route that wants it only those it names.</summary>
[Trait("Standard", "SEC-8")]
public sealed class RequestHeadersTests
{
    [Fact]
    public async Task Headers_on_the_list_pass_when_the_operator_names_them()
    {
        await using var world = await World.StartAsync(
            ("Bff:Forwarding:AllowedRequestHeaders:0", "X-Tenant-Id"), ("Bff:Forwarding:AllowedRequestHeaders:1", "__tenant"),
            ("Bff:Forwarding:AllowedRequestHeaders:2", "X-User-Timezone"));
        var alice = await world.LogInAsync();

        await SendAsync(alice, "x-tenant-id", "__tenant", "X-User-Timezone", "X-User-Id", "X-Tenant");

        world.Api.LastCall.Headers.Keys.Where(Sent).ShouldBe(["x-tenant-id", "__tenant", "X-User-Timezone"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_a_proxy_says_itself_is_let_through_by_no_setting()
    {
        string[] names = ["Authorization", "cookie", "Forwarded", "X-Forwarded-For", "X_Forwarded_Host", "Connection", "Content-Length", "two words"];
        await using var world = await RealTimeWorld.StartAsync();
        foreach (var (index, name) in names.Index()) { world.Settings[$"Bff:Forwarding:AllowedRequestHeaders:{index}"] = name; }
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.RequestHeaders"] = "X-Page, Cookie";
        world.Settings["ReverseProxy:Routes:open:Metadata:Bff.RequestHeaders"] = " ";
        world.Settings["ReverseProxy:Routes:plain:Metadata:Bff.Requestheaders"] = "X-Page";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(78);
        foreach (var (index, _) in names.Index()) { process.Errors.ShouldContain($"- Bff:Forwarding:AllowedRequestHeaders:{index}: "); }
        process.Errors.ShouldContain("- ReverseProxy:Routes:api:Metadata:Bff.RequestHeaders: 'Cookie'");
        process.Errors.ShouldContain("- ReverseProxy:Routes:open:Metadata:Bff.RequestHeaders: ");
        process.Errors.ShouldContain("- ReverseProxy:Routes:plain:Metadata:Bff.Requestheaders: ");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_a_route_copies_by_name_is_cleaned_all_the_same(int place)
    {
        await using var world = await World.StartAsync(
            ($"ReverseProxy:Routes:api:Transforms:{place}:RequestHeadersAllowed", "Cookie;Authorization;X-User;X-Page"),
            ($"ReverseProxy:Routes:api:Transforms:{1 - place}:RequestHeader", "X-Tenant"), ($"ReverseProxy:Routes:api:Transforms:{1 - place}:Set", "ours"));
        var alice = await world.LogInAsync();

        await SendAsync(alice, "X-User", "X-Page", "X-Tenant", "X.Remote.User");

        var call = world.Api.LastCall;
        call.Header("Cookie").ShouldBeNull();
        call.Header("X-User").ShouldBeNull();
        call.Header("X.Remote.User").ShouldBeNull();
        call.Header("X-Page").ShouldNotBeNull();
        call.Header("X-Tenant").ShouldBe("ours");
        call.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
    }

    [Fact]
    public async Task A_route_with_a_list_of_its_own_forwards_what_it_names_and_what_every_API_needs()
    {
        await using var world = await World.StartAsync(("ReverseProxy:Routes:api:Metadata:Bff.RequestHeaders", "X-Tenant-Id, X-Page"));
        var alice = await world.LogInAsync();

        await SendAsync(alice, "X-Tenant-Id", "X-Page", "X-Harmless", "X-New-Identity-Header", "X-User", "If-None-Match");

        var call = world.Api.LastCall;
        call.Headers.Keys.Where(Sent).ShouldBe(["X-Tenant-Id", "X-Page", "If-None-Match"], ignoreOrder: true);
        call.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        call.Header("X-Forwarded-For").ShouldNotBeNull();
        call.Header("Content-Type").ShouldBe("text/plain; charset=utf-8");
    }

    [Fact]
    public async Task A_route_with_a_list_of_its_own_forwards_no_cookie_and_WebSockets_all_the_same()
    {
        await using var world = await World.StartAsync(("ReverseProxy:Routes:plain:Metadata:Bff.RequestHeaders", "X-Page"));
        var alice = await world.LogInAsync();
        alice.Cookies.Set("theme", "dark");
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/plain/socket");
        world.Api.LastCall.Header("Cookie").ShouldBeNull();
    }

    [Fact]
    public async Task A_dropped_header_leaves_a_trace()
    {
        await using var world = await World.StartAsync(("Logging:Capture:LogLevel:Bff.Forwarding", "Debug"));
        await SendAsync(await world.LogInAsync(), "X-User-Id");
        world.Bff.Logs.Lines.ShouldContain(
            line => line.StartsWith("Debug Bff.Forwarding", StringComparison.Ordinal) && line.Contains("X-User-Id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_developer_is_told_once_a_name()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        world.Settings["Bff:Ops:Token"] = null;
        await world.StartListeningAsync();
        var alice = await world.LogInAsync();

        for (var call = 0; call < 3; call++) { await SendAsync(alice, "X-User-Id", "__tenant"); }

        await Eventually.HappensAsync(() => world.Bff.Output.Contains("__tenant", StringComparison.Ordinal));
        world.Bff.Output.Split('\n').Count(line => line.Contains("X-User-Id", StringComparison.Ordinal)).ShouldBe(1);
    }

    private static bool Sent(string name) =>
        name.Contains("tenant", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-User", StringComparison.OrdinalIgnoreCase)
        || name is "X-Page" or "X-Harmless" or "X-New-Identity-Header" or "If-None-Match";

    private static async Task SendAsync(Browser browser, params string[] names)
    {
        var request = browser.Script(HttpMethod.Post, "/api/echo");
        request.Content = new StringContent("x");
        foreach (var name in names) { request.Headers.TryAddWithoutValidation(name, "\"1\"").ShouldBeTrue(name); }
        (await browser.SendAsync(request)).Body.ShouldBe("alice");
    }
}

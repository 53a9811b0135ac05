namespace Bff.HostTests.Forwarding;

[Trait("Standard", "HARD-17")]
public sealed class WebSocketOriginTests
{
    [Theory]
    [InlineData("/plain/socket")]
    [InlineData("/open/socket")]
    [InlineData("/page/socket")]
    public async Task A_page_of_another_origin_opens_no_WebSocket_through_any_route(string path)
    {
        await using var world = await StartAsync();
        (await HandshakeAsync(world, path, "Origin: https://evil.example", "Cookie: other=1")).ShouldContain("origin_not_allowed");
        (await HandshakeAsync(world, path, "Origin: https://evil.example")).ShouldContain("origin_not_allowed");
        (await HandshakeAsync(world, path, "Cookie: other=1")).ShouldContain("origin_required");
        world.Api.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/plain/socket")]
    [InlineData("/page/socket")]
    public async Task Our_pages_do(string path)
    {
        await using var world = await StartAsync();
        await using var socket = await OpenCall.WebSocketAsync(world.NewBrowser(), world.Bff.Address, path);
    }

    [Fact]
    public async Task A_program_without_origin_and_cookies_may_use_a_route_that_asks_for_nobody()
    {
        await using var world = await StartAsync();
        (await HandshakeAsync(world, "/plain/echo", "Sec-WebSocket-Version: 7")).ShouldNotContain("origin_required");
        world.Api.Calls.Count.ShouldBe(1);
    }

    private static Task<World> StartAsync() => World.StartAsync(api => [("Bff:Spa:Url", api.Address)]);

    private static Task<string> HandshakeAsync(World world, string path, params string[] headers) => RawClient.SendAsync(
        world.Bff.Address, [$"GET {path} HTTP/1.1", "Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            .. headers]);
}

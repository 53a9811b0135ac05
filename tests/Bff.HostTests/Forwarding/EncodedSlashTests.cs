namespace Bff.HostTests.Forwarding;

/// <summary>
/// The path that was routed and authorised is the path that is sent: <c>%2F</c> arrives as it came where it can mean nothing else, and as <c>%252F</c>
/// elsewhere.
/// </summary>
[Trait("Standard", "BBA-14")]
public sealed class EncodedSlashTests
{
    [Theory]
    [InlineData("/api/files/a%2Fb", "/api/files/a%2Fb")]
    [InlineData("/api/files/a%2fb?x=%2F", "/api/files/a%2fb?x=%2F")]
    [InlineData("/api/links/https%3A%2F%2Fexample.com%2Fx%20y", "/api/links/https:%2F%2Fexample.com%2Fx%20y")]
    [InlineData("/api/%C3%BC%2Fb", "/api/%C3%BC%2Fb")]
    [InlineData("/api/a%252Fb", "/api/a%252Fb")]
    [InlineData("/api/a%25b", "/api/a%25b")]
    public async Task An_encoded_slash_arrives_as_it_came(string sent, string arrived)
    {
        await using var world = await World.StartAsync();
        await GetAsync(world, sent);
        world.Api.LastCall.Target.ShouldBe(arrived);
    }

    [Theory]
    [InlineData("/api/..%2Fadmin", "/api/..%252Fadmin")]
    [InlineData("/api/x%2F..%2F..%2Fadmin", "/api/x%252F..%252F..%252Fadmin")]
    [InlineData("/api/x%2F.%2Fadmin", "/api/x%252F.%252Fadmin")]
    [InlineData("/api/x%2F%2e%2e%2Fadmin", "/api/x%252F..%252Fadmin")]
    [InlineData("/api/x%2F..%5Cadmin", "/api/x%252F..%5Cadmin")]
    [InlineData("/api/x%2F..;a=b%2Fadmin", "/api/x%252F..;a=b%252Fadmin")]
    [InlineData("/api/a%252F..%2Fb", "/api/a%252F..%252Fb")]
    [InlineData("/api/a%252Fb%2Fc", "/api/a%252Fb%252Fc")]
    public async Task A_path_that_could_lead_elsewhere_does_not(string sent, string arrived)
    {
        await using var world = await World.StartAsync();
        await GetAsync(world, sent);
        world.Api.LastCall.Target.ShouldBe(arrived);
    }

    [Theory]
    [InlineData("/api/admin%2Fusers", "/api/admin%252Fusers")]
    [InlineData("/api/%2Fadmin/users", "/api/%252Fadmin/users")]
    [InlineData("/api%2Fadmin%2Fusers", "/api%252Fadmin%252Fusers")]
    [InlineData("/%2Fapi/admin/users", "/%252Fapi/admin/users")]
    [InlineData("/bff%2Fuser", "/bff%252Fuser")]
    [InlineData("/orders%2F17", "/orders%2F17")]
    public async Task A_path_that_another_route_would_have_taken_with_a_slash_stays_encoded_twice(string sent, string arrived)
    {
        await using var world = await World.StartAsync(api =>
        [
            ("Bff:Spa:Url", api.Address),
            ("ReverseProxy:Routes:admin:ClusterId", "api"), ("ReverseProxy:Routes:admin:Match:Path", "/api/admin/{**rest}"),
            ("ReverseProxy:Routes:admin:AuthorizationPolicy", "default"),
        ]);
        await GetAsync(world, sent);
        world.Api.LastCall.Target.ShouldBe(arrived);
    }

    [Theory]
    [InlineData("PathRemovePrefix", "/api", "/files/a%2Fb")]
    [InlineData("PathPrefix", "/v1", "/v1/api/files/a%2Fb")]
    [InlineData("PathPattern", "/v2/{**rest}", "/v2/files/a%2Fb")]
    public async Task A_path_the_route_rewrites_keeps_its_encoded_slash(string transform, string value, string arrived)
    {
        await using var world = await World.StartAsync(("ReverseProxy:Routes:api:Transforms:0:" + transform, value));
        await GetAsync(world, "/api/files/a%2Fb");
        world.Api.LastCall.Target.ShouldBe(arrived);
    }

    private static async Task GetAsync(World world, string target) =>
        (await RawClient.ScriptAsync(await world.LogInAsync(), world.Bff.Address, $"GET {target} HTTP/1.1")).ShouldStartWith("HTTP/1.1 ");
}

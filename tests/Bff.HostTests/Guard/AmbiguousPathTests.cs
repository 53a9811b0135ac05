using System.Net;

namespace Bff.HostTests.Guard;

/// <summary>What one route's guard lets pass does not arrive at another route's address, however an upstream reads the path.</summary>
[Trait("Standard", "BBA-14")]
public sealed class AmbiguousPathTests
{
    private static readonly (string, string?)[] Routes =
    [
        ("ReverseProxy:Routes:pub:ClusterId", "api"), ("ReverseProxy:Routes:pub:Match:Path", "/pub/{**rest}"),
        ("ReverseProxy:Routes:admin:ClusterId", "api"), ("ReverseProxy:Routes:admin:Match:Path", "/pub/admin/{**rest}"),
        ("ReverseProxy:Routes:admin:AuthorizationPolicy", "default"),
        ("ReverseProxy:Routes:all:ClusterId", "api"), ("ReverseProxy:Routes:all:Match:Path", "/{**all}"), ("ReverseProxy:Routes:all:Order", "100"),
    ];

    [Theory]
    [InlineData("//pub/admin/x")]
    [InlineData("/pub//admin/x")]
    [InlineData("///pub/admin/x")]
    [InlineData("/pub/admin//x/..;/y")]
    [InlineData("/pub/..;/pub/admin/x")]
    [InlineData("/pub/..;a=b/x")]
    [InlineData("/pub/.;/x")]
    [InlineData("/pub;v=1/admin/x")]
    [InlineData("/pub/admin;v=1/x")]
    [InlineData("/pub/..%5Cadmin/x")]
    [InlineData("/pub%5Cadmin%5Cx")]
    [InlineData("/pub/x%5C..%5Cadmin/x")]
    [InlineData("//bff/user")]
    [InlineData("http://localhost/pub/..%2Fpub/admin/x")]
    [InlineData("http://localhost/pub/..%2Finternal/secret")]
    [InlineData("http://localhost/pub/..%2f..%2f..%2fsecret")]
    [InlineData("http://localhost//pub/admin/x")]
    public async Task A_path_that_others_read_as_another_is_refused(string target)
    {
        await using var world = await World.StartAsync(Routes);
        var answer = await RawCall.GetAsync(world.Bff.Address, target, "localhost");
        (answer.Status, answer.Says("ambiguous_path")).ShouldBe((400, true), answer.Text);
        world.Api.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/pub/a;v=1/b", "/pub/a;v=1/b")]
    [InlineData("/pub/a//b", "/pub/a//b")]
    [InlineData("/pub/.well-known/x", "/pub/.well-known/x")]
    [InlineData("/pub/..x/...", "/pub/..x/...")]
    [InlineData("/pub/a%5Cb", "/pub/a%5Cb")]
    [InlineData("/pub/x/../y", "/pub/y")]
    [InlineData("/pub/x?next=//evil/..;/", "/pub/x?next=//evil/..;/")]
    [InlineData("http://localhost/pub/x%20y", "/pub/x%20y")]
    public async Task A_path_that_leads_to_one_route_whoever_reads_it_is_sent(string target, string arrived)
    {
        await using var world = await World.StartAsync(Routes);
        (await RawCall.GetAsync(world.Bff.Address, target, "localhost")).Status.ShouldBe((int)HttpStatusCode.OK);
        world.Api.LastCall.Target.ShouldBe(arrived);
    }

    [Fact]
    public async Task A_guarded_path_in_absolute_form_stays_guarded()
    {
        await using var world = await World.StartAsync(Routes);
        (await RawCall.GetAsync(world.Bff.Address, "http://localhost/pub%2Fadmin/x", "localhost")).Status.ShouldBe(403);
        world.Api.Calls.ShouldBeEmpty();
    }
}

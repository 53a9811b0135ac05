using System.Net;

namespace Bff.HostTests.Guard;

/// <summary>Images and hosting platforms set these; none of them may change whom we believe.</summary>
[Trait("Standard", "HARD-6")]
public sealed class FrameworkSwitchesTests
{
    private static readonly string[] Forged = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https"];

    [Theory]
    [InlineData("ForwardedHeaders_Enabled", "true")]
    [InlineData("AllowedHosts", "evil.example")]
    public async Task A_switch_of_the_framework_lets_nobody_in(string name, string value)
    {
        await using var world = await World.StartAsync((name, value));

        // A page of evil.example that points here, at the ops port.
        (await RawCall.GetAsync(world.Bff.OpsAddress, "/sessions", "evil.example", [.. Forged, "X-Forwarded-Host: localhost"])).Status.ShouldBe(421);

        // The public port: whose origin is ours, and what an API is told.
        var call = await RawCall.GetAsync(
            world.Bff.Address, "/bff/session", "localhost", [.. Forged, "X-CSRF: 1", "Origin: https://evil.example", "X-Forwarded-Host: evil.example"]);
        call.Status.ShouldBe(403);
        (await RawCall.GetAsync(world.Bff.Address, "/plain/echo", "localhost", [.. Forged, "X-Forwarded-Host: evil.example"])).Status.ShouldBe(200);
        world.Api.LastCall.Header("X-Forwarded-Host").ShouldBe("localhost");
        world.Api.LastCall.Header("X-Forwarded-For").ShouldBe("127.0.0.1");
        world.Api.LastCall.Header("X-Forwarded-Proto").ShouldBe("http");
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("has no effect here", StringComparison.Ordinal));
        world.Bff.Logs.Lines.ShouldAllBe(line => !line.Contains("6.6.6.6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_trusted_proxies_the_ops_port_still_looks_at_its_own_connection()
    {
        await using var world = await World.StartAsync([("ForwardedHeaders_Enabled", "true"), .. World.BehindProxy()]);
        (await RawCall.GetAsync(world.Bff.OpsAddress, "/sessions", "evil.example", [.. Forged, "X-Forwarded-Host: localhost"])).Status.ShouldBe(421);
        (await RawCall.GetAsync(world.Bff.Address, "/plain/echo", "localhost", Forged)).Status.ShouldBe(200);
        world.Api.LastCall.Header("X-Forwarded-For").ShouldBe("6.6.6.6");
    }
}

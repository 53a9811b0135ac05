using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Ops.Telemetry;

public sealed class LogTests
{
    [Fact]
    public async Task Every_line_is_one_JSON_object_with_a_UTC_time()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();

        world.Bff.Console.Lines.Count.ShouldBeGreaterThan(5);
        foreach (var line in world.Bff.Console.Lines)
        {
            line.Trim().ShouldNotContain('\n');
            var time = Parse(line).GetProperty("Timestamp").GetString()!;
            DateTimeOffset.ParseExact(time, "yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture).Offset.ShouldBe(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_line_of_a_request_has_its_request_id_and_trace_id()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"))).Status.ShouldBe(HttpStatusCode.Forbidden);

        var line = world.Bff.Console.Lines.Select(Parse).Single(line => line.GetProperty("Category").GetString() == "Bff.Guard.Refusals");
        line.GetProperty("State").GetProperty("Code").GetString().ShouldBe("csrf_header_missing");
        Scoped(line, "RequestId").ShouldNotBeNullOrEmpty();
        Scoped(line, "TraceId").ShouldNotBeNull().Length.ShouldBe(32);
    }

    [Fact]
    [Trait("Standard", "ASVS-6")]
    public async Task A_callback_is_logged_by_its_path_without_the_code()
    {
        await using var world = await World.StartAsync(("Logging:LogLevel:Default", "Trace"));
        var alice = world.NewBrowser();
        await alice.StepAsync("/signin-oidc?code=planted-code&state=planted-state");

        world.Bff.Console.Lines.Select(Parse).ShouldContain(line => Scoped(line, "RequestPath") == "/signin-oidc");
        world.Bff.Console.Lines.ShouldNotContain(line => line.Contains("planted"));
    }

    [Fact]
    public async Task In_Development_lines_are_for_people()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        world.Settings.Remove("Logging:Console:FormatterName");
        await world.StartListeningAsync();

        world.Bff.Output.ShouldMatch(@"(?m)^\d\d:\d\d:\d\d info: Microsoft\.Hosting\.Lifetime\[14\] Now listening on: ");
    }

    [Fact]
    public async Task The_configuration_may_choose_another_format()
    {
        await using var world = await World.StartAsync(
            ("Logging:Console:FormatterName", "simple"), ("Logging:Console:FormatterOptions:TimestampFormat", "yyyy "));
        world.Bff.Console.Lines.ShouldContain(line => line.StartsWith(world.Clock.Now.Year.ToString(CultureInfo.InvariantCulture) + " info: "));
    }

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;

    private static string? Scoped(JsonElement line, string name) => line.GetProperty("Scopes").EnumerateArray()
        .Select(
            scope =>
                scope.ValueKind == JsonValueKind.Object && scope.TryGetProperty(name, out var value) ? value.GetString() : null).FirstOrDefault(value =>
                    value is not null);
}

using System.Net;

namespace Bff.HostTests.Ops.Telemetry;

[Collection(nameof(OneHostOnly))]
public sealed class OtlpTests
{
    private static readonly string[] Signals = ["traces", "logs", "metrics"];

    [Fact]
    [Trait("Standard", "ASVS-6")]
    public async Task Traces_logs_and_metrics_go_to_the_collector_and_carry_no_secret()
    {
        await using var collector = await PretendCollector.StartAsync();
        await using var world = await World.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("Logging:LogLevel:Default", "Trace"));
        var alice = await world.LogInAsync();
        var key = alice.Session.ShouldNotBeNull();
        (await alice.GetAsync("/api/echo?question=planted-question")).Status.ShouldBe(HttpStatusCode.OK);
        await alice.StepAsync("/signin-oidc?code=planted-code&state=planted-state");
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        world.Provider.Refreshes.ShouldBeGreaterThan(0);
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_client","error_description":"planted-description"}""");
        await alice.PostAsync("/bff/renew");
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        using (var http = new HttpClient()) { await http.GetAsync(new Uri(world.Bff.OpsAddress, "/healthz")); }

        await world.StopBffAsync();

        // Program and test both dispose of the host; what is left is sent by whoever came first.
        await Eventually.HappensAsync(() => Signals.All(signal => collector.All(signal).Length > 0));
        var traces = collector.All("traces");
        foreach (var expected in new[] { "/signin-oidc", "/api/", "Yarp.ReverseProxy", "renewal in the background", "renewal on demand", "/token",
            "misconfigured" })
        {
            traces.Contains(expected, StringComparison.Ordinal).ShouldBeTrue(expected);
        }

        traces.Contains("GET /healthz", StringComparison.Ordinal).ShouldBeFalse();
        collector.All("logs").Contains("Bff.Audit", StringComparison.Ordinal).ShouldBeTrue();
        collector.All("metrics").Contains("bff.sessions.created", StringComparison.Ordinal).ShouldBeTrue();

        var all = string.Concat(collector.Received.Select(one => one.Text));
        foreach (var secret in new[] { "planted-code", "planted-state", "planted-question", "planted-description", key })
        {
            all.Contains(secret, StringComparison.Ordinal).ShouldBeFalse(secret);
        }
        foreach (var secret in world.Provider.Secrets.Where(secret => secret.Kind is not "sid"))
        {
            all.Contains(secret.Value, StringComparison.Ordinal).ShouldBeFalse(secret.Kind);
        }
    }
}

namespace Bff.HostTests.Ops.Telemetry;

/// <summary>Prometheus' <c>increase()</c> sees no step in a series that begins with 1, so no counter may.</summary>
[Collection(nameof(OneHostOnly))]
public sealed class CountersTests
{
    [Fact]
    public async Task Every_counter_is_there_at_zero_before_anything_was_counted_and_none_comes_later()
    {
        await using var world = await World.StartAsync();
        var cold = await SeriesAsync(world);
        cold.ShouldAllBe(series => series.Value == 0);
        cold.Keys.ShouldContain("bff_tokens_unreadable_total");
        cold.Keys.ShouldContain("bff_store_failures_total");
        cold.Keys.ShouldContain("bff_renewals_total{outcome=\"unreadable\",provider=\"default\"}");
        cold.Keys.ShouldContain("bff_guard_refusals_total{code=\"too_many_requests\"}");
        cold.Keys.ShouldContain("bff_provider_refused_total{kind=\"sign_in\",provider=\"default\",reason=\"breaker\"}");
        cold.Keys.ShouldContain(
            "bff_sign_in_failures_total{cause=\"provider_refuses_client\",front_end=\"default\",provider=\"default\",silent=\"false\"}");

        await LiveThroughMuchAsync(world);

        await Eventually.HappensAsync(
            async () => (await SeriesAsync(world))["bff_sessions_ended_total{front_end=\"default\",provider=\"default\",reason=\"signed_out\"}"] > 0);
        var warm = await SeriesAsync(world);
        warm.Count(series => series.Value > 0).ShouldBeGreaterThan(8);
        warm.Keys.Except(cold.Keys).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_no_key_opens_is_counted_each_time()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.StopBffAsync();
        Directory.Delete(Path.Combine(world.Folder, "keys"), recursive: true);
        await world.RestartBffAsync();
        (await SeriesAsync(world))["bff_tokens_unreadable_total"].ShouldBe(0);

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await Eventually.HappensAsync(async () => (await SeriesAsync(world))["bff_tokens_unreadable_total"] > 0);
    }

    private static async Task LiveThroughMuchAsync(World world)
    {
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        await alice.PostAsync("/bff/renew");
        await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"));
        await alice.StepAsync("/signin-oidc?code=x&state=y");
        world.Provider.AuthorizeError = "an_error_nobody_knows";
        await world.NewBrowser().OpenAsync("/bff/login");
        world.Provider.AuthorizeError = null;
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_client"}""");
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        await world.NewBrowser().GetAsync("/bff/session");
        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        await alice.PostAsync("/bff/logout");
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
    }

    private static async Task<Dictionary<string, double>> SeriesAsync(World world)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(world.Bff.OpsAddress, "/metrics"));
        return text.Split('\n').Where(IsCounter).ToDictionary(NameOf, ValueOf);
    }

    private static bool IsCounter(string line) =>
        line.StartsWith("bff_", StringComparison.Ordinal) && line.Split('{', ' ')[0].EndsWith("_total", StringComparison.Ordinal);

    private static double ValueOf(string line) =>
        double.Parse(
            line[(line.LastIndexOfAny(['}', ' '], line.LastIndexOf(' ') - 1) + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Without the labels that the exporter adds.</summary>
    private static string NameOf(string line)
    {
        var name = line.Split('{', ' ')[0];
        var (begin, end) = (line.IndexOf('{', StringComparison.Ordinal), line.LastIndexOf('}'));
        var labels = begin < 0 ? [] : line[(begin + 1)..end].Split(',');
        var own = labels.Where(label => !label.StartsWith("otel_scope", StringComparison.Ordinal)).ToList();
        return own.Count == 0 ? name : $"{name}{{{string.Join(',', own)}}}";
    }
}

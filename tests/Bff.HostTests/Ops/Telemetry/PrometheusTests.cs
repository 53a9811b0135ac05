using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace Bff.HostTests.Ops.Telemetry;

/// <summary>Alert rules and dashboard before a real Prometheus that scrapes a real Bff. Grafana itself is not run here.</summary>
public sealed partial class PrometheusTests
{
    private const string Token = "an-ops-token-for-tests";

    private static readonly string Root = FindRoot(AppContext.BaseDirectory);
    private static readonly string Folder = Path.Combine(Root, "deploy", "prometheus");
    private static readonly string RulesFile = Path.Combine(Folder, "rules", "bff.yml");
    private static readonly string RulesTests = Path.Combine(Folder, "bff_test.yml");

    [Fact]
    public async Task The_alert_rules_are_well_formed_and_fire_for_the_faults_they_are_meant_for()
    {
        foreach (var check in new string[][] { ["check", "config", "--syntax-only", Path.Combine(Folder, "prometheus.yml")],
            ["check", "rules", .. Directory.GetFiles(Path.Combine(Folder, "rules"))], ["test", "rules", RulesTests] })
        {
            var (code, output) = await Prometheus.ToolAsync(check);
            code.ShouldBe(0, output);
        }
    }

    [Fact]
    public void Every_alert_has_a_test_and_a_section_that_says_what_to_do()
    {
        var alerts = Alert().Matches(File.ReadAllText(RulesFile)).Select(match => match.Groups[1].Value).ToList();
        alerts.Count.ShouldBeGreaterThan(10);
        var tests = File.ReadAllText(RulesTests);
        var sections = Section().Matches(File.ReadAllText(Path.Combine(Root, "docs", "operations.md"))).Select(match => match.Groups[1].Value);
        sections.ShouldBe(alerts, ignoreOrder: true);
        foreach (var alert in alerts)
        {
            tests.ShouldContain($"alertname=\"{alert}\"");
            File.ReadAllText(RulesFile).ShouldContain($"docs/operations.md#alert-{alert.ToLowerInvariant()}\"\n");
        }
    }

    [Fact]
    public async Task Every_query_of_the_dashboard_shows_something_and_a_lost_provider_raises_the_alarm()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Token"] = Token;
        using var authority = new Authority("an authority");
        var certificate = Path.Combine(world.Folder, "certificate.pem");
        using var shown = authority.Issue("bff");
        using var key = shown.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(certificate, shown.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        world.Settings["Kestrel:Certificates:Other:Path"] = certificate;
        world.Settings["Bff:Sessions:CacheLifetime"] = "00:00:01";
        world.Provider.Lifetime = TimeSpan.FromSeconds(10);
        await world.StartListeningAsync();
        var rules = Hasten(File.ReadAllText(RulesFile));
        await using var prometheus = await Prometheus.StartAsync(world.Bff.OpsAddress, Token, rules);

        var enough = false;
        var busy = KeepBusyAsync(world, () => Volatile.Read(ref enough));
        foreach (var query in DashboardQueries().Concat(Metrics(rules)).Distinct())
        {
            await prometheus.HasDataAsync(query);
        }

        foreach (var rule in Rules(rules)) { await prometheus.QueryAsync(rule); }
        (await prometheus.QueryAsync(Firing("BffProviderUnreachable"))).ShouldBeEmpty();
        Volatile.Write(ref enough, true);
        await busy;

        var users = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => world.LogInAsync($"user-{number}")));
        world.Provider.GoDown();
        var over = false;
        var calling = Task.WhenAll(users.Select(user => CallAsync(user, () => Volatile.Read(ref over))));
        await prometheus.HasDataAsync(Firing("BffProviderUnreachable"));
        await prometheus.HasDataAsync(Firing("BffBreakerOpen"));
        Volatile.Write(ref over, true);
        await calling;
    }

    private static string Firing(string alert) => $"ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}";

    /// <summary>A day in a few seconds: good calls and bad ones, sign-ins and their failures, renewals and their refusals, a store that stumbles.</summary>
    private static async Task KeepBusyAsync(RealTimeWorld world, Func<bool> enough)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(world.Folder, "data", "bff.db")};Pooling=False");
        database.Open();
        using var alice = await world.LogInAsync();
        using var events = await alice.BeginAsync(Events(alice));
        for (var round = 0; !enough(); round++)
        {
            await alice.GetAsync("/api/echo");
            await alice.GetAsync("/open/echo");
            await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"));
            await alice.StepAsync("/signin-oidc?code=x&state=y");
            if (round % 5 == 0) { await PassThroughAsync(world, database); }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);   // Prometheus needs some of the machine too
        }
    }

    private static async Task PassThroughAsync(RealTimeWorld world, SqliteConnection database)
    {
        using var bob = world.NewBrowser();
        await Eventually.HappensAsync(async () =>
        {
            await bob.OpenAsync("/bff/login?login_hint=bob");   // a store that was away can be read again before it can be written
            return bob.Session is not null;
        }, "bob is signed in");
        world.Provider.Grants.Where(grant => grant.Subject == "bob").ToList().ForEach(grant => grant.Over = true);
        await bob.PostAsync("/bff/renew");
        world.Api.Answers = context => context.Response.StatusCode = 500;
        await bob.GetAsync("/plain/echo");
        world.Api.Answers = _ => { };
        Execute(database, "ALTER TABLE sessions RENAME TO hidden");
        await bob.GetAsync("/bff/user");
        Execute(database, "ALTER TABLE hidden RENAME TO sessions");
        using var carol = world.NewBrowser();
        await Eventually.HappensAsync(async () => (await carol.StepAsync("/bff/login")).Status == HttpStatusCode.Found, "the store is seen to be back");
    }

    private static async Task CallAsync(Browser user, Func<bool> over)
    {
        while (!over())
        {
            await user.GetAsync("/api/echo");
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);   // as a page would
        }
    }

    private static HttpRequestMessage Events(Browser browser)
    {
        var request = browser.Bare(HttpMethod.Get, "/bff/events");
        request.Headers.Add("Origin", Browser.SpaOrigin);
        return request;
    }

    private static void Execute(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static IEnumerable<string> DashboardQueries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "deploy", "grafana", "dashboards", "bff.json")));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!).ToList();
        queries.Count.ShouldBeGreaterThan(30);
        return queries.Select(query => query.Replace("$__rate_interval", "10s", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal));
    }

    /// <summary>Each metric that a rule asks for.</summary>
    private static IEnumerable<string> Metrics(string rules) =>
        Rules(rules).SelectMany(rule => Metric().Matches(rule)).Select(match => match.Value).Distinct();

    private static List<string> Rules(string rules)
    {
        var found = Expression().Matches(rules).Select(match => match.Groups[1].Value).ToList();
        found.Count.ShouldBe(Alert().Count(rules));
        return found;
    }

    /// <summary>Minutes become seconds: the same rules for an impatient test.</summary>
    private static string Hasten(string rules) =>
        Minutes().Replace(Waiting().Replace(rules, "for: 1s"), "10s").Replace(":15s]", ":1s]", StringComparison.Ordinal);

    private static string FindRoot(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"(?m)^### Alert: (\w+)$")]
    private static partial Regex Section();

    [GeneratedRegex(@"(?m)^ +expr: (?:\|\n)?((?:.|\n)*?)\n +(?:for|labels):")]
    private static partial Regex Expression();

    [GeneratedRegex(@"\b(?:bff|dotnet|kestrel|http_server)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"for: \d+m")]
    private static partial Regex Waiting();

    [GeneratedRegex(@"(?<=\[|offset )\d+m\b")]
    private static partial Regex Minutes();
}

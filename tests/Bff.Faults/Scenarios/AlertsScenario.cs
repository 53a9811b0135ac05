using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;

namespace Bff.Faults.Scenarios;

/// <summary>
/// Each alert rule, as it is shipped, in a real Prometheus that scrapes a Bff that has just started. Every fault has a Bff, a provider and a Prometheus of its
/// own, since some rules add up nodes; all run side by side. Nothing is shortened, so it takes as long as the longest rule: a good twenty minutes.
/// </summary>
internal static class AlertsScenario
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(25);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly (string Fault, string[] Alerts, Func<AlertWorld, Task> MakeAsync)[] Faults =
    [
        ("the process is killed", ["BffDown"], async world =>
        {
            await StartAsync(world);
            await ScrapedAsync(world);
            await world.Bff.KillAsync();
        }),
        ("no target is found", ["BffMissing"], world => world.StartPrometheusAsync(targets: false)),
        ("the provider answers 503, eight users call", ["BffProviderUnreachable", "BffBreakerOpen"], async world =>
        {
            var users = await BusyAsync(world, users: 8);
            await ScrapedAsync(world);
            world.Provider.GoDown();
        }),
        ("the token endpoint takes 4 s, tokens live 20 s", ["BffProviderSlow"], async world =>
        {
            await BusyAsync(world, users: 4);
            await ScrapedAsync(world);
            world.Provider.Faults.AnswerAfter(TimeSpan.FromSeconds(4));
        }),
        ("120 sessions with tokens of 20 s, renewed one at a time, two a second at most", ["BffRenewalsLate", "BffRenewalBacklog"], async world =>
        {
            await StartAsync(world, ("Bff:Renewal:MaxPerSecond", "2"), ("Bff:Renewal:MaxConcurrency", "1"), ("Bff:RateLimits:SignIn", "0"));
            await world.LogInAsync(120);
        }),
        ("the grants of 15 users end", ["BffRenewalsRejected"], async world =>
        {
            await BusyAsync(world, users: 15, call: false);
            await ScrapedAsync(world);
            foreach (var grant in world.Provider.Grants) { grant.Over = true; }
        }),
        ("the provider answers 401 invalid_client, users sign in", ["BffClientMisconfigured", "BffSignInsFailing"], async world =>
        {
            await BusyAsync(world, users: 2, call: false);
            await ScrapedAsync(world);
            world.Provider.Faults.AnswerWith(401, """{"error":"invalid_client"}""");
            world.Pump(Second * 5, () => Caller.LogInAsync(world.Bff.Address, "nobody"));
        }),
        ("all keys are lost between two starts, one user calls", ["BffTokensUnreadable"], async world =>
        {
            await world.StartBffAsync(("Bff:Sessions:CacheLifetime", "00:00:01"));
            var user = (await world.LogInAsync(1))[0];
            await world.Bff.KillAsync();
            Directory.Delete(Path.Combine(world.Data, "keys"), recursive: true);
            await world.Bff.StartAsync();
            await user.GetAsync(world.Bff.Address);   // once, before the first scrape
            await world.StartPrometheusAsync();
        }),
        ("the table of sessions is gone, four users call", ["BffStoreFailing", "BffNotReady", "BffCallsFailing"], async world =>
        {
            await BusyAsync(world, users: 4);
            await ScrapedAsync(world);
            world.Execute("ALTER TABLE sessions RENAME TO hidden");
        }),
        ("another process holds the store's lock for 400 ms, again and again", ["BffStoreSlow"], async world =>
        {
            await BusyAsync(world, users: 8);
            await ScrapedAsync(world);
            world.Pump(TimeSpan.FromMilliseconds(20), () => HoldAsync(world));
        }),
        ("60 calls without the CSRF header, 60 sign-ins beyond the limit", ["BffForgedRequests", "BffRateLimited"], async world =>
        {
            await StartAsync(world, ("Bff:RateLimits:SignIn", "5"));
            await ScrapedAsync(world);
            for (var call = 0; call < 65; call++)
            {
                using var forged = await Caller.Http.GetAsync(new Uri(world.Bff.Address, "/api/echo"));
                using var tooMany = await Caller.Http.GetAsync(new Uri(world.Bff.Address, "/bff/login"));
            }
        }),
        ("the configuration file gets a mistake", ["BffConfigurationRefused"], async world =>
        {
            var file = await StartWithFileAsync(world);
            await ScrapedAsync(world);
            await File.WriteAllTextAsync(file, """{ "Bff": { "Sessions": { "IdleTimeout": "soon" } } }""");
        }),
        ("a setting is changed that waits for a restart", ["BffRestartNeeded"], async world =>
        {
            var file = await StartWithFileAsync(world);
            await ScrapedAsync(world);
            await File.WriteAllTextAsync(file, """{ "Bff": { "PublicUrl": "https://app.example.com" } }""");
        }),
        ("the listener's certificate ends in five days", ["BffCertificateExpires"], async world =>
        {
            var file = Path.Combine(world.Folder, "certificate.pem");
            await File.WriteAllTextAsync(file, Certificate(days: 5));
            await StartAsync(world, ("Kestrel:Certificates:Default:Path", file), ("Kestrel:Certificates:Default:KeyPath", file));
        }),
        ("the key that seals is 100 days old and no new one is made", ["BffKeyOld"], async world =>
        {
            await world.StartBffAsync();
            await world.Bff.KillAsync();
            foreach (var file in Directory.GetFiles(Path.Combine(world.Data, "keys"), "key-*.xml")) { Age(file, TimeSpan.FromDays(100)); }
            await world.Bff.StartAsync();
            await world.StartPrometheusAsync();
        }),
        ("30 of 40 sessions end at once, after a quarter of an hour", ["BffSessionsDropping"], async world =>
        {
            await StartAsync(world);
            await world.LogInAsync(40);
            await Pause.ForAsync(TimeSpan.FromMinutes(16));
            world.Execute("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions LIMIT 30)");
        }),
    ];

    public static async Task RunAsync(Bench bench)
    {
        var sheet = bench.Sheet($"scrapes and rules every {AlertWorld.ScrapeInterval.TotalSeconds:F0} s, cold process, nothing shortened");
        var rows = await Task.WhenAll(Faults.Select(fault => TryAsync(bench, fault.Fault, fault.Alerts, fault.MakeAsync)));
        foreach (var row in rows.SelectMany(row => row))
        {
            sheet.Add($"{row.Fault}: {row.Alert}", row.Took is { } took ? $"{took.TotalSeconds:F0} s" : "never", "fires", row.Took is not null);
        }
    }

    private static async Task<List<(string Fault, string Alert, TimeSpan? Took)>> TryAsync(
        Bench bench, string fault, string[] alerts, Func<AlertWorld, Task> makeAsync)
    {
        await Task.Yield();
        await using var world = await AlertWorld.CreateAsync(bench);
        world.Provider.Lifetime = Short;
        await makeAsync(world);
        bench.Say($"made: {fault}");
        var fired = await Task.WhenAll(alerts.Select(alert => world.FiresAsync(alert, Deadline)));
        bench.Say($"{fault}: {string.Join(", ", alerts.Zip(fired, (alert, took) => $"{alert} {took?.TotalSeconds:F0} s"))}");
        return [.. alerts.Zip(fired, (alert, took) => (fault, alert, took))];
    }

    private static async Task StartAsync(AlertWorld world, params (string Key, string Value)[] settings)
    {
        await world.StartBffAsync(settings);
        await world.StartPrometheusAsync();
    }

    /// <summary>Users who are signed in and, unless told otherwise, call every second.</summary>
    private static async Task<List<Caller>> BusyAsync(AlertWorld world, int users, bool call = true)
    {
        await StartAsync(world);
        var callers = await world.LogInAsync(users);
        foreach (var caller in callers.Where(_ => call)) { world.Pump(Second, () => caller.GetAsync(world.Bff.Address)); }
        return callers;
    }

    /// <summary>The process was seen once while it was well; nothing more is needed, which is the point.</summary>
    private static Task ScrapedAsync(AlertWorld world) => Pause.ForAsync(AlertWorld.ScrapeInterval + (2 * Second));

    private static async Task<string> StartWithFileAsync(AlertWorld world)
    {
        // Bff reads appsettings.json of its content root.
        var file = Path.Combine(world.Folder, "appsettings.json");
        await File.WriteAllTextAsync(file, "{}");
        await StartAsync(world, ("contentRoot", world.Folder));
        return file;
    }

    private static async Task HoldAsync(AlertWorld world)
    {
        await using var database = new Microsoft.Data.Sqlite.SqliteConnection($"{world.Store.ConnectionString};Pooling=False");
        await database.OpenAsync();
        await using var transaction = database.BeginTransaction(deferred: false);
        await Pause.ForAsync(400);
        await transaction.RollbackAsync();
    }

    /// <summary>Made and in use since then, and good for another year: as if nobody could write a new one.</summary>
    private static void Age(string file, TimeSpan by)
    {
        var key = XElement.Load(file);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var name in new[] { "creationDate", "activationDate" }) { key.Element(name)!.Value = (now - by).ToString("O"); }
        key.Element("expirationDate")!.Value = now.AddDays(365).ToString("O");
        key.Save(file);
    }

    private static string Certificate(int days)
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(days));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }
}

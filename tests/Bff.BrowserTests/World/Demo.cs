using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Bff.BrowserTests.World;

/// <summary>The demo world as four real processes with data and ports of their own.</summary>
internal sealed class Demo : IAsyncDisposable
{
    public static string PageUrl => $"http://localhost:{Ports.Of(0)}";

    public static string ProviderUrl => $"http://localhost:{Ports.Of(1)}";

    /// <summary>The same provider under a name that is another site to browsers than the page's.</summary>
    public static string ForeignProviderUrl => $"http://127.0.0.1:{Ports.Of(1)}";

    public static string ApiUrl => $"http://localhost:{Ports.Of(2)}";

    public static string BffUrl => $"http://localhost:{Ports.Of(3)}";

    public static string OpsUrl => $"http://127.0.0.1:{Ports.Of(4)}";

    /// <summary>Where a page of the test's own may be, which may call Bff.</summary>
    public static string OtherPageUrl => $"http://localhost:{Ports.Of(6)}";

    /// <summary>In a setting, the address of the demo's page, whatever ports the demo gets.</summary>
    public const string ThePage = "{page}";

    public static readonly TimeSpan UsualTokenLifetime = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("bff-demo-");

    private readonly int _ports = Ports.Row;

    private Demo(string wish, TimeSpan tokenLifetime, string providerUrl)
    {
        Wish = wish;
        Provider = new("provider", "DevStack", providerUrl, "/.well-known/openid-configuration", "provider")
        {
            Environment =
            {
                ["DevStack__BffUrl"] = BffUrl,
                ["DevStack__AdditionalBffUrls__0"] = $"http://localhost:{Ports.Of(8)}", // a dev server in front of Bff
                ["DevStack__DataDirectory"] = Path.Combine(_data.FullName, "provider"),
                ["DevStack__AccessTokenLifetime"] = tokenLifetime.ToString("c", CultureInfo.InvariantCulture),
            },
        };
        Api = new("api", "DevStack", ApiUrl, "/api/public", "api")
        {
            Environment = { ["DevStack__Authority"] = providerUrl, ["DevStack__DataDirectory"] = Path.Combine(_data.FullName, "api") },
        };
        Bff = new("bff", "Bff", BffUrl, "/bff/session", "--config", "demo.json")
        {
            Environment =
            {
                ["Bff__Oidc__Authority"] = providerUrl,
                ["Bff__Spa__Origins__0"] = PageUrl,
                ["Bff__Spa__Origins__1"] = OtherPageUrl,
                ["Bff__Ops__Url"] = OpsUrl,
                ["Bff__Sessions__ConnectionString"] = $"Data Source={Path.Combine(_data.FullName, "bff", "bff.db")}",
                ["ReverseProxy__Clusters__api__Destinations__demo__Address"] = ApiUrl,
            },
        };
        Spa = new("spa", "SpaStatic", PageUrl,
            "/") { Environment =
                { ["Spa__BffUrl"] = BffUrl, ["Spa__ProviderOrigins__0"] = providerUrl, ["Spa__Demo__ProviderUrl"] = providerUrl,
                    ["Spa__Demo__OpsUrl"] = OpsUrl } };
        Sessions = new SessionDatabase(Path.Combine(_data.FullName, "bff"));
    }

    /// <summary>What a test has asked for; whoever asks for the same may have it next.</summary>
    public string Wish { get; }

    public DemoProcess Provider { get; }

    public DemoProcess Api { get; }

    public DemoProcess Bff { get; }

    public DemoProcess Spa { get; }

    public IReadOnlyList<DemoProcess> Processes => [Provider, Api, Bff, Spa];

    /// <summary>What Bff has stored.</summary>
    public SessionDatabase Sessions { get; }

    /// <summary>A demo without sessions, started for this test or left by another.</summary>
    /// <param name="tokenLifetime">How long an access token lives; 10 s when not said.</param>
    /// <param name="bffSettings">Settings of Bff, by environment variable, beside those of the demo.</param>
    public static Task<Demo> StartAsync(TimeSpan? tokenLifetime = null, params (string Key, string Value)[] bffSettings) =>
        StartAsync(isForeign: false, tokenLifetime ?? UsualTokenLifetime, bffSettings);

    /// <summary>The same, with its provider at <see cref="ForeignProviderUrl"/>.</summary>
    public static Task<Demo> StartWithForeignProviderAsync(params (string Key, string Value)[] bffSettings) =>
        StartAsync(isForeign: true, UsualTokenLifetime, bffSettings);

    private static async Task<Demo> StartAsync(bool isForeign, TimeSpan tokenLifetime, (string Key, string Value)[] bffSettings)
    {
        var wish = string.Join('\n', [$"{isForeign} {tokenLifetime}", .. bffSettings.Order().Select(setting => $"{setting.Key}={setting.Value}")]);
        if (!Ports.AreNamed && IdleDemos.Take(wish) is { } idle)
        {
            Ports.TakeOver(idle._ports);
            await Diary.TurnPageAsync(ProviderUrl);
            return idle;
        }

        var demo = new Demo(wish, tokenLifetime, isForeign ? ForeignProviderUrl : ProviderUrl);
        foreach (var (key, value) in bffSettings) { demo.Bff.Environment[key] = value.Replace(ThePage, PageUrl, StringComparison.Ordinal); }
        try
        {
            foreach (var process in demo.Processes) { process.Launch(); }
            await Task.WhenAll(demo.Processes.Select(process => process.WaitUntilReadyAsync()));
            return demo;
        }
        catch
        {
            demo.ShowOutput();
            await demo.EndAsync();
            throw;
        }
    }

    /// <summary>The provider's diary has one refresh for each renewal of the only session, and no refresh token came twice or was refused.</summary>
    public async Task SawOneRefreshPerRenewalAsync()
    {
        // The two are read one after the other, so a renewal may happen in between.
        await Eventually.HappensAsync(async () => (await Diary.ReadAsync()).Refreshed == Sessions.Only().Renewals, "as many refreshes as renewals");
        var diary = await Diary.ReadAsync();
        (diary.Reused, diary.Rejected).ShouldBe((0, 0));
    }

    /// <summary>The runner shows this beside a test that failed.</summary>
    private void ShowOutput()
    {
        foreach (var process in Processes)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"---- {process.Name}\n{process.TakeOutput()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        ShowOutput();
        var tooMany = this;
        if (Processes.All(process => process.IsAsStarted) && await MakesNoTroubleAsync())
        {
            await ForgetEverybodyAsync();
            tooMany = IdleDemos.Put(this);
        }

        if (tooMany is not null) { await tooMany.EndAsync(); }
    }

    public async Task EndAsync()
    {
        foreach (var process in Processes) { await process.DisposeAsync(); }
        _data.Delete(recursive: true);
    }

    /// <summary>The provider is as it was started: no test has pushed a button of <c>/trouble</c> and left it at that.</summary>
    private static async Task<bool> MakesNoTroubleAsync()
    {
        using var http = new HttpClient();
        var page = await http.GetStringAsync($"{ProviderUrl}/trouble");
        return page.Contains("id=\"stop-answering\"", StringComparison.Ordinal) && page.Contains("id=\"without-refresh-tokens\"", StringComparison.Ordinal);
    }

    /// <summary>No session, no consent; nothing of it is under way.</summary>
    private async Task ForgetEverybodyAsync()
    {
        await Eventually.HappensAsync(Sessions.TryForget, "no renewal is under way");
        using var provider = new SqliteConnection($"Data Source={Path.Combine(_data.FullName, "provider", "provider.db")};Pooling=False");
        provider.Open();
        using var command = provider.CreateCommand();
        command.CommandText = "DELETE FROM OpenIddictTokens; DELETE FROM OpenIddictAuthorizations";
        command.ExecuteNonQuery();
    }
}

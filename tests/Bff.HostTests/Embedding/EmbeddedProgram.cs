using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests.Embedding;

/// <summary>A program of somebody else with Bff in it, a provider, an API, and one clock.</summary>
internal sealed class EmbeddedProgram : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-embedding-");
    private readonly WebApplication _app;

    private EmbeddedProgram(
        TestClock clock, PretendProvider provider, PretendApi api, Action<WebApplicationBuilder> add, Action<WebApplication> begin,
        Action<WebApplication> map, IEnumerable<(string Key, string? Value)> settings)
    {
        (Clock, Provider, Api) = (clock, provider, api);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = _folder.FullName, EnvironmentName = "Production" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(Logs);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Bff:Oidc:Authority"] = provider.Issuer,
            ["Bff:Oidc:ClientId"] = PretendProvider.ClientId,
            ["Bff:Oidc:ClientSecret"] = PretendProvider.ClientSecret,
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Renewal:MaxPerSecond"] = "10000",
            ["Bff:Sessions:ConnectionString"] = $"Data Source={DatabaseFile}",
            ["Bff:Spa:Origins:0"] = Browser.SpaOrigin,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddBff();
        add(builder);
        _app = builder.Build();
        begin(_app);
        _app.UseBff();
        _app.MapBff();
        map(_app);
    }

    public TestClock Clock { get; }

    public PretendProvider Provider { get; }

    public PretendApi Api { get; }

    public CapturedLogs Logs { get; } = new();

    public IServiceProvider Services => _app.Services;

    public string DatabaseFile => Path.Combine(_folder.FullName, "bff.db");

    public Uri Address { get; private set; } = new("http://localhost");

    public static Task<EmbeddedProgram> StartAsync(
        Action<WebApplicationBuilder> add, Action<WebApplication> map, params (string Key, string? Value)[] settings) =>
        StartAsync(add, _ => { }, map, settings);

    /// <param name="add">Services, after ours.</param>
    /// <param name="begin">The pipeline, before ours.</param>
    /// <param name="map">Endpoints, after ours.</param>
    /// <param name="settings">More of them.</param>
    public static async Task<EmbeddedProgram> StartAsync(
        Action<WebApplicationBuilder> add, Action<WebApplication> begin, Action<WebApplication> map, params (string Key, string? Value)[] settings)
    {
        var clock = new TestClock();
        var provider = await PretendProvider.StartAsync(clock);
        var program = new EmbeddedProgram(clock, provider, await PretendApi.StartAsync(provider, clock), add, begin, map, settings);
        await program._app.StartAsync();
        program.Address = new UriBuilder(program._app.Urls.Single()) { Host = "localhost" }.Uri;
        return program;
    }

    public Browser NewBrowser() => new(() => Address, Provider.Address, Clock);

    /// <summary>A browser in which alice is signed in.</summary>
    public async Task<Browser> LogInAsync()
    {
        var browser = NewBrowser();
        var end = await browser.OpenAsync("/bff/login?login_hint=alice");
        end.Status.ShouldBe(HttpStatusCode.Found, end.Body);
        browser.Session.ShouldNotBeNull();
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Api.DisposeAsync();
        await Provider.DisposeAsync();
        SqliteConnection.ClearAllPools();
        TemporaryFolder.Delete(_folder.FullName);
    }
}

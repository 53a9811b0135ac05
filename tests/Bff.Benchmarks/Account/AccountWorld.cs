using Bff.Configuration;
using Bff.Faults;
using Bff.Forwarding;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Bff.Benchmarks.Account;

/// <summary>Bff as it is put together, but for what is left out, or bare YARP; between two ends in memory.</summary>
internal sealed class AccountWorld : IAsyncDisposable
{
    public const string Bare = "bare", Whole = "whole";

    private const string Path = "/api/json";

    private static readonly TimeSpan Life = TimeSpan.FromHours(12);

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-account-").FullName;
    private readonly MemoryServer _server = new();
    private readonly MemoryUpstream _upstream = new();
    private WebApplication? _app;
    private string _key = "";

    public static async Task<AccountWorld> StartAsync(string what)
    {
        var world = new AccountWorld();
        world._app = what == Bare ? world.BuildBare() : await world.BuildAsync(what);
        await world._app.StartAsync();
        await world.TryAsync(what);
        return world;
    }

    public Task<MemoryResponse> CallAsync() => _server.CallAsync(Headers(), Path);

    /// <summary>What is measured must be what it is called.</summary>
    private async Task TryAsync(string what)
    {
        var response = await CallAsync();
        var hasToken = _upstream.Authorized > 0;
        if (response.StatusCode != 200 || response.Written == 0 || hasToken == what is LeftOut.Token or LeftOut.Borders or LeftOut.Session)
        {
            throw new InvalidOperationException($"Without '{what}': {response.StatusCode}, {response.Written} bytes, token: {hasToken}.");
        }
    }

    private WebApplication BuildBare()
    {
        var builder = WebApplication.CreateBuilder();
        UseMemory(builder);
        var bearer = "Bearer " + Token();
        builder.Services.AddReverseProxy()
            .LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "api", Match = new RouteMatch { Path = "/{**rest}" } }],
                [new ClusterConfig { ClusterId = "api", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = Upstream } } }])
            .AddTransforms(transforms => transforms.AddRequestTransform(request =>
            {
                request.ProxyRequest.Headers.Remove("Cookie");
                request.ProxyRequest.Headers.TryAddWithoutValidation("Authorization", bearer);
                return default;
            }));
        builder.Services.AddSingleton<IForwarderHttpClientFactory>(_upstream);
        var app = builder.Build();
        app.MapReverseProxy();
        return app;
    }

    private async Task<WebApplication> BuildAsync(string without)
    {
        var store = new Store("SQLite", SessionsOptions.Sqlite, "Data Source=" + System.IO.Path.Combine(_folder, "bff.db"));
        var now = TimeProvider.System.GetUtcNow();
        await using (var stock = new SessionStock(store))
        {
            var session = SessionStock.Plan(1, _ => (now + Life, now + Life))[0];
            await stock.FillAsync([session], _ => new(Token(), null, null, null, now, now + Life));
            _key = session.Key;
        }

        var builder = WebApplication.CreateBuilder();
        UseMemory(builder);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Bff:Oidc:Authority"] = Upstream,
            ["Bff:Oidc:ClientId"] = "bff",
            ["Bff:Oidc:ClientSecret"] = "not-used-by-anybody-here",
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Sessions:Store"] = store.Kind,
            ["Bff:Sessions:ConnectionString"] = store.ConnectionString,
            ["ReverseProxy:Clusters:api:Destinations:one:Address"] = Upstream,
            ["ReverseProxy:Routes:api:ClusterId"] = "api",
            ["ReverseProxy:Routes:api:Match:Path"] = "/api/{**rest}",
            ["ReverseProxy:Routes:api:AuthorizationPolicy"] = without == LeftOut.Session ? "anonymous" : "default",
            ["ReverseProxy:Routes:api:Metadata:Bff.Token"] = without is LeftOut.Session or LeftOut.Token ? "None" : "User",
        });
        builder.AddConfiguration().AddGuard().AddProviders().AddSessions().AddRenewal().AddLogin().AddForwarding().AddOps();
        builder.Services.AddSingleton<IForwarderHttpClientFactory>(_upstream);
        if (without == LeftOut.Metrics)
        {
            builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddView(_ => MetricStreamConfiguration.Drop));
        }

        if (without == LeftOut.Borders) { builder.Services.RemoveAll<ITransformProvider>(); }
        var app = builder.Build();
        app.PrepareSessions();
        if (without != LeftOut.Ops) { app.MapOps(); }
        if (without != LeftOut.AccessLog) { app.UseAccessLog(); }
        if (without != LeftOut.CallMetrics) { app.UseCallMetrics(); }
        if (without == LeftOut.Guard) { app.UseRouting(); }
        else { app.UseGuard(); }
        if (without != LeftOut.TimeLimits) { app.UseRouteTimeouts(); }
        app.UseSessions();
        app.MapLogin().MapRenewal().MapForwarding();
        return app;
    }

    private const string Upstream = "http://127.0.0.1:1";

    private void UseMemory(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning);   // the standard output is for figures
        builder.Services.AddSingleton<IServer>(_server);
    }

    private static string Token() => new('t', 890);

    /// <summary>A browser's.</summary>
    private IHeaderDictionary Headers()
    {
        IHeaderDictionary headers = new HeaderDictionary(12);
        headers.Host = "127.0.0.1:3001";
        headers.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        headers.Accept = "application/json";
        headers.AcceptLanguage = "en-US,en;q=0.5";
        headers.AcceptEncoding = "gzip, deflate, br";
        headers["Sec-Fetch-Dest"] = "empty";
        headers["Sec-Fetch-Mode"] = "cors";
        headers["Sec-Fetch-Site"] = "same-origin";
        headers["X-CSRF"] = "1";
        headers.Referer = "http://127.0.0.1:3001/";
        headers.Cookie = "__Host-bff=" + _key;
        return headers;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) { await _app.DisposeAsync(); }
        Directory.Delete(_folder, recursive: true);
    }
}

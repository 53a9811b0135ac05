using Bff.Configuration;
using Bff.Faults;
using Bff.Forwarding;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bff.Benchmarks.Pieces;

/// <summary>The product's services on SQLite with one session, without a server.</summary>
internal sealed class PieceWorld : IAsyncDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(12);

    private readonly string _folder;
    private readonly WebApplication _app;
    private readonly string _key;

    private PieceWorld(string folder, WebApplication app, string key) => (_folder, _app, _key) = (folder, app, key);

    public IServiceProvider Services => _app.Services;

    public static async Task<PieceWorld> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("bff-pieces-").FullName;
        var store = new Store("SQLite", SessionsOptions.Sqlite, "Data Source=" + Path.Combine(folder, "bff.db"));
        var now = TimeProvider.System.GetUtcNow();
        await using var stock = new SessionStock(store);
        var session = SessionStock.Plan(1, _ => (now + Life, now + Life))[0];
        await stock.FillAsync([session], _ => new(new string('t', 890), null, null, null, now, now + Life));

        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Bff:Oidc:Authority"] = "http://127.0.0.1:1",
            ["Bff:Oidc:ClientId"] = "bff",
            ["Bff:Oidc:ClientSecret"] = "not-used-by-anybody-here",
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Sessions:Store"] = store.Kind,
            ["Bff:Sessions:ConnectionString"] = store.ConnectionString,
            ["ReverseProxy:Clusters:api:Destinations:one:Address"] = "http://127.0.0.1:1",
            ["ReverseProxy:Routes:api:ClusterId"] = "api",
            ["ReverseProxy:Routes:api:Match:Path"] = "/api/{**rest}",
            ["ReverseProxy:Routes:api:AuthorizationPolicy"] = "default",
            ["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "User",
        });
        var app = builder.AddConfiguration().AddGuard().AddProviders().AddSessions().AddRenewal().AddLogin().AddForwarding().AddOps().Build();
        app.PrepareSessions();
        app.MapForwarding();
        return new PieceWorld(folder, app, session.Key);
    }

    /// <summary>These middlewares and nothing behind them.</summary>
    public RequestDelegate PipelineOf(Action<WebApplication> use)
    {
        use(_app);
        _app.Run(_ => Task.CompletedTask);
        return ((IApplicationBuilder)_app).Build();
    }

    /// <summary>A browser's call of the API.</summary>
    public HttpContext NewContext()
    {
        var context = new DefaultHttpContext { RequestServices = _app.Services };
        var (request, headers) = (context.Request, context.Request.Headers);
        (request.Method, request.Scheme, request.Host, request.Path, request.Protocol) =
            (HttpMethods.Get, "http", new HostString("127.0.0.1", 3001), "/api/json", HttpProtocol.Http11);
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
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

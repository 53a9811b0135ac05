using Bff.ClientTokens;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Policies;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bff.Benchmarks.Pieces;

/// <summary>The product's services on SQLite with one session, without a server.</summary>
internal sealed class PieceWorld : IAsyncDisposable
{
    private readonly OneSession _session;
    private readonly WebApplication _app;

    private PieceWorld(OneSession session, WebApplication app) => (_session, _app) = (session, app);

    public IServiceProvider Services => _app.Services;

    public static async Task<PieceWorld> StartAsync()
    {
        var session = await OneSession.MakeAsync();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(session.Settings);
        var app = builder.AddConfiguration().AddProviders().AddFrontEnds().AddGuard().AddSessions().AddPolicies()
            .AddRenewal().AddClientTokens().AddLogin().AddForwarding().AddOps().Build();
        app.PrepareSessions();
        app.MapForwarding();
        return new PieceWorld(session, app);
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
        var request = context.Request;
        (request.Method, request.Scheme, request.Host, request.Path, request.Protocol) =
            (HttpMethods.Get, "http", new HostString("127.0.0.1", 3001), "/api/json", HttpProtocol.Http11);
        _session.AddHeaders(request.Headers);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _session.Dispose();
    }
}

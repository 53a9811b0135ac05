using Bff.Benchmarks.Pieces;
using Bff.Benchmarks.Roles;
using Bff.ClientTokens;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Policies;
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
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Bff.Benchmarks.Account;

/// <summary>Bff as it is put together, but for what is left out, or bare YARP; between two ends in memory.</summary>
internal sealed class AccountWorld(OneSession session) : IAsyncDisposable
{
    public const string Bare = "bare", Whole = "whole";

    private const string Path = "/api/json";

    private readonly MemoryServer _server = new();
    private readonly MemoryUpstream _upstream = new();
    private WebApplication? _app;

    public static async Task<AccountWorld> StartAsync(string what)
    {
        var world = new AccountWorld(await OneSession.MakeAsync());
        world._app = what == Bare ? world.BuildBare() : world.Build(what);
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
        BareYarp.Add(builder.Services, OneSession.Upstream, OneSession.Token);
        builder.Services.AddSingleton<IForwarderHttpClientFactory>(_upstream);
        var app = builder.Build();
        app.MapReverseProxy();
        return app;
    }

    private WebApplication Build(string without)
    {
        var builder = WebApplication.CreateBuilder();
        UseMemory(builder);
        builder.Configuration.AddInMemoryCollection(session.Settings);
        if (without is LeftOut.Session or LeftOut.Token) { builder.Configuration["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "None"; }
        if (without == LeftOut.Session) { builder.Configuration["ReverseProxy:Routes:api:AuthorizationPolicy"] = "anonymous"; }
        builder.AddConfiguration().AddProviders().AddFrontEnds().AddGuard()
            .AddSessions().AddPolicies().AddRenewal().AddClientTokens().AddLogin().AddForwarding().AddOps();
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
        else { app.UseGuard(isWholeProgram: true); }
        if (without != LeftOut.TimeLimits) { app.UseRouteTimeouts(); }
        app.UseCallersTokens();
        app.UseSessions();
        app.MapLogin().MapRenewal().MapForwarding();
        return app;
    }

    private void UseMemory(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning);   // the standard output is for figures
        builder.Services.AddSingleton<IServer>(_server);
    }

    /// <summary>A browser's.</summary>
    private IHeaderDictionary Headers()
    {
        IHeaderDictionary headers = new HeaderDictionary(12);
        headers.Host = "127.0.0.1:3001";
        session.AddHeaders(headers);
        return headers;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) { await _app.DisposeAsync(); }
        session.Dispose();
    }
}

using Bff.Commands;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.FrontEnds;
using Bff.Gateway;
using Bff.Guard;
using Bff.Hosting;
using Bff.Login;
using Bff.Ops;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;

return await CommandLine.InvokeAsync(args, Compose, RunAsync);

static WebApplicationBuilder Compose(string[] args)
{
    var builder = ConfigurationFiles.CreateBuilder(args, WebApplication.CreateBuilder);
    builder.ListenByDefaultOn(Listening.DefaultAddress).LogHostOnlyWhenStarted();
    builder.Services.AddSystemd();                   // Type=notify; nothing elsewhere
    return builder.AddConfiguration().AddProviders().AddFrontEnds().AddGuard()
        .AddSessions().AddRenewal().AddLogin().AddForwarding().AddGateway().AddOps().WithoutUnusedKeyRing();
}

static async Task RunAsync(WebApplication app)
{
    await app.CheckConfigurationAsync();
    app.WarnOfClients();
    app.PrepareSessions();

    app.MapOps();                                    // a port and a pipeline of their own
    app.UseGateway();                                // a gateway's question becomes the request it asks about
    app.UseAccessLog().UseCallMetrics();
    app.UseGuard();                                  // headers, CORS and the CSRF header: before any store is read
    app.UseRoutesOnlyAtGateway();
    app.UseRouteTimeouts();
    app.UseSessions();                               // the one session read of a request happens here
    app.MapLogin().MapRenewal().MapForwarding(proxy => proxy.AnswerGateway());

    app.Lifetime.ApplicationStarted.Register(HostLog.LogHostFromNowOn);
    await app.RunAsync();
}

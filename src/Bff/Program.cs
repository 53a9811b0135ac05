using Bff.ClientTokens;
using Bff.Commands;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Hosting;
using Bff.Login;
using Bff.Ops;
using Bff.Policies;
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
        .AddSessions().AddPolicies().AddRenewal().AddClientTokens().AddLogin().AddForwarding().AddOps().AddLogFormat().WithoutUnusedKeyRing();
}

static async Task RunAsync(WebApplication app)
{
    await app.CheckConfigurationAsync();
    app.WarnOfClients();
    app.PrepareSessions();

    app.MapOps();                                    // a port and a pipeline of their own
    app.UseAccessLog().UseCallMetrics();
    app.UseGuard();                                  // headers, CORS and the CSRF header: before any store is read
    app.UseRouteTimeouts();
    app.UseCallersTokens();                          // a token of the caller's own, on routes that take one: no session is read then
    app.UseSessions();                               // the one session read of a request happens here
    app.MapLogin().MapRenewal().MapForwarding();

    app.Lifetime.ApplicationStarted.Register(HostLog.LogHostFromNowOn);
    await app.RunAsync();
}

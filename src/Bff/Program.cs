using Bff;
using Bff.Commands;
using Bff.Configuration;
using Bff.Gateway;
using Bff.Hosting;
using Bff.Ops;

return await CommandLine.InvokeAsync(args, Compose, RunAsync);

static WebApplicationBuilder Compose(string[] args)
{
    var builder = ConfigurationFiles.CreateBuilder(args, WebApplication.CreateBuilder);
    builder.ListenByDefaultOn(Listening.DefaultAddress).LogHostOnlyWhenStarted();
    builder.Services.AddSystemd();                   // Type=notify; nothing elsewhere
    builder.Services.AddSettings<ConfigurationFileOptions>("Bff");
    return builder.AddBff().AddGateway().AddOps().AddLogFormat();
}

static async Task RunAsync(WebApplication app)
{
    await app.PrepareBffAsync();

    app.MapOps();                                    // a port and a pipeline of their own
    app.UseGateway();                                // a gateway's question becomes the request it asks about
    app.UseAccessLog();
    app.UseBff(isWholeProgram: true, afterGuard: guarded => guarded.UseRoutesOnlyAtGateway());
    app.MapBff(proxy => proxy.AnswerGateway());

    app.Lifetime.ApplicationStarted.Register(HostLog.LogHostFromNowOn);
    await app.RunAsync();
}

using Bff;
using Bff.Forwarding;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Tokens;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.ListenByDefaultOn("http://localhost:3001").LogHostOnlyWhenStarted();
    builder.AddGuard().AddTokens().AddSessions().AddRenewal().AddLogin().AddForwarding().AddOps();

    var app = builder.Build();
    await app.CheckConfigurationAsync();
    app.PrepareSessions();

    app.MapOps();                                    // a port and a pipeline of their own
    app.UseGuard();                                  // headers, CORS and the CSRF header: before any store is read
    app.UseAuthentication().UseAuthorization();      // the one session read of a request happens here
    app.MapLogin().MapRenewal().MapForwarding();

    app.Lifetime.ApplicationStarted.Register(StartFailure.LogHostFromNowOn);
    await app.RunAsync();
    return 0;
}
catch (Exception error) when (StartFailure.Explain(error) is { } line)
{
    await Console.Error.WriteLineAsync(line);
    return StartFailure.ExitCode;
}

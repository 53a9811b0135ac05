using System.Net;
using Bff.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Bff.Benchmarks.Roles;

/// <summary>The least an open event stream takes: Kestrel, one event, and a response that then stays open.</summary>
internal static class BareStreams
{
    public static async Task<int> RunAsync()
    {
        var port = FreePort.Find();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1));
        await using var app = builder.Build();
        app.MapGet("/bff/events", async context =>
        {
            var over = new TaskCompletionSource();
            await using var end = context.RequestAborted.Register(over.SetResult);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: session\ndata: {}\n\n");
            await over.Task;
        });
        await app.StartAsync();
        await Role.ListenAsync(port);
        await app.StopAsync();
        return 0;
    }
}

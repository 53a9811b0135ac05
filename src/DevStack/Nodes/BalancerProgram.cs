using DevStack.Hosting;

namespace DevStack.Nodes;

/// <summary>Stands where the one Bff stands otherwise, passes each call to one of several, and has a page on which they can be killed.</summary>
internal static class BalancerProgram
{
    public const int PagePort = 3003;

    private const int BffPort = 3001, OpsPort = 3002;

    /// <summary>What a page of another origin cannot send without being asked whether it may.</summary>
    private const string Ours = "X-Demo";

    public static readonly int[] Ports = [BffPort, OpsPort, PagePort];

    public static WebApplication Build(DemoNodes nodes)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = SourceTree.ContentRoot });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls([.. Ports.Select(port => $"http://localhost:{port}")]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddHttpForwarder().AddSingleton(nodes).AddHostedService(services => services.GetRequiredService<DemoNodes>());
        builder.Services.AddSingleton<Balancer>();
        var app = builder.Build();
        var balancer = app.Services.GetRequiredService<Balancer>();
        app.MapWhen(context => context.Connection.LocalPort == BffPort, bff => bff.Run(balancer.ForwardAsync));
        app.MapWhen(context => context.Connection.LocalPort == OpsPort, ops => ops.Run(balancer.ForwardOpsAsync));
        app.MapGet("/", () => FileOf("nodes.html", "text/html"));
        app.MapGet("/nodes.js", () => FileOf("nodes.js", "text/javascript"));
        app.MapGet("/style.css", () => FileOf("style.css", "text/css"));
        app.MapGet("/state", () => new
        {
            Nodes = nodes.All.Select(node => new { node.Name, node.IsReady, node.ProcessId, node.Served, Ops = node.OpsUrl }),
            Calls = balancer.LastCalls,
        });
        app.MapPost("/nodes/{name}/{act}", (string name, string act, HttpContext context) => Act(nodes, name, act, context));
        return app;
    }

    private static IResult Act(DemoNodes nodes, string name, string act, HttpContext context)
    {
        if (!context.Request.Headers.ContainsKey(Ours))
        {
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        }

        switch (nodes.All.FirstOrDefault(node => node.Name == name), act)
        {
            case ({ } node, "kill"): node.Kill(); return Results.NoContent();
            case ({ } node, "start"): node.Start(); return Results.NoContent();
            default: return Results.NotFound();
        }
    }

    private static IResult FileOf(string name, string type) => Results.File(Path.Combine(SourceTree.ContentRoot, "wwwroot", name), type);
}

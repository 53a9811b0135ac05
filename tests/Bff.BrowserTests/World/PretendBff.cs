using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace Bff.BrowserTests.World;

/// <summary>
/// A page with <c>bff.js</c> and, at the same origin, the few answers that the script hears from Bff, as the test makes them up: for what a real Bff does only
/// after minutes, or by accident. Starts in no time, so that a test of the script alone is cheap.
/// </summary>
internal sealed class PretendBff : IAsyncDisposable
{
    /// <summary>The page's code: what it hears is in <c>window.heard</c>.</summary>
    public const string Listening =
        """
        import * as bff from '/bff.js';
        window.bff = bff;
        window.heard = [];
        for (const event of ['renewed', 'expiring', 'expired', 'signedOut', 'connection']) {
          bff.on(event, ({ state, reason }) => window.heard.push(`${event} ${state ?? reason ?? ''}`.trim()));
        }
        bff.on('sessionChanged', ({ session }) => window.heard.push(session.isLoggedIn ? `is ${session.name}` : 'is nobody'));
        """;

    /// <summary>What the script does without, where it has to.</summary>
    public const string WithoutFeatures =
        """
        for (const name of ['BroadcastChannel', 'EventSource', 'reportError']) delete window[name];
        delete AbortSignal.timeout;
        Object.defineProperty(navigator, 'locks', { value: undefined });
        """;

    /// <summary>
    /// Whether the page has said that Bff does not answer. On a machine without a network (all is local here) some browsers say that they are offline.
    /// </summary>
    public static bool IsMissed(string heard) => heard is "connection unreachable" or "connection offline";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<HttpContext, bool> _streams = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _end = new();

    private PretendBff()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(AdmitAsync);
        _app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(Path.Combine(SourceTree.FolderOf("bff-js"), "dist")) });
        _app.MapGet("/page.js", () => Results.Content(Script, "text/javascript"));
        _app.MapGet("/silent", () => Results.Content(SilentPage, "text/html"));
        _app.MapGet("/bff/session", (bool? slide) =>
        {
            if (slide == true) { Use(); }
            return Results.Content(JsonSerializer.Serialize(SessionNow(), JsonSerializerOptions.Web), "application/json");
        });
        _app.MapGet("/bff/events", StreamAsync);
        _app.MapGet("/bff/silent-login", () => Results.Redirect(User is null ? "/silent?error=login_required" : "/silent?result=ok"));
        foreach (var path in new[] { "/bff/login", "/bye" })
        {
            _app.MapGet(path, () => Results.Content("<!doctype html><title>A page without the script</title>", "text/html"));
        }

        _app.MapGet("/bff/logout", async () => { await LogoutMayEnd.Task; return LogoutAnswer; });
        _app.MapGet("/api/private", () => User is null ? Results.Json(new { code = "session_required" }, statusCode: 401) : Results.Json(new { user = User }));
        _app.MapPut("/api/echo", EchoAsync);
        _app.MapFallback(() => Results.Content(Page, "text/html"));
    }

    public const string Page = "<!doctype html><title>Page</title><link rel=\"icon\" href=\"data:,\"><body><script type=\"module\" src=\"/page.js\"></script>";

    /// <summary>The same page under another name: another origin, which is told nothing by CORS.</summary>
    public string ForeignUrl => _app.Urls.Single();

    public string Url => ForeignUrl.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    public string Script { get; set; } = Listening;

    public string SilentPage { get; set; } = Page;

    /// <summary>Nobody, when null.</summary>
    public string? User { get; set; } = "Alice";

    /// <summary>Why nobody is signed in any more.</summary>
    public string? Reason { get; set; }

    public DateTimeOffset TokenExpiry { get; set; } = TimeProvider.System.GetUtcNow().AddMinutes(5);

    public DateTimeOffset SessionEnd { get; set; } = TimeProvider.System.GetUtcNow().AddMinutes(30);

    public DateTimeOffset AbsoluteEnd { get; set; } = TimeProvider.System.GetUtcNow().AddHours(12);

    /// <summary>How far the clock of this Bff is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Connections are cut, as when the program is gone.</summary>
    public bool IsDown { get; set; }

    /// <summary>It says to the page of another origin that it does not know it, as Bff does.</summary>
    public bool KnowsNoOtherOrigin { get; set; }

    /// <summary>As behind a proxy that keeps the answer until it is whole.</summary>
    public bool StreamsAreHeldBack { get; set; }

    public TaskCompletionSource LogoutMayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IResult LogoutAnswer { get; set; } = Results.Redirect("/bye");

    public int Streams => _streams.Count;

    public int Count(string path) => _requests.Count(request => request == path);

    public static async Task<PretendBff> StartAsync()
    {
        var bff = new PretendBff();
        await bff._app.StartAsync();
        return bff;
    }

    public void CutStreams()
    {
        foreach (var (stream, _) in _streams) { stream.Abort(); }
    }

    /// <summary>Sends an event to whoever listens.</summary>
    public async Task TellAsync(string name, object? data = null)
    {
        foreach (var (stream, _) in _streams) { await WriteAsync(stream, name, data ?? SessionNow()); }
    }

    private DateTimeOffset Now => TimeProvider.System.GetUtcNow() + Ahead;

    /// <summary>As any call does: half an hour from now, at most to the absolute end.</summary>
    public void Use() => SessionEnd = Now.AddMinutes(30) is var end && end < AbsoluteEnd ? end : AbsoluteEnd;

    private object SessionNow()
    {
        var now = Now;
        return User is null
            ? new { isLoggedIn = false, now, reason = Reason }
            : new
            {
                isLoggedIn = true, now, name = User, sub = User, accessTokenExpiresAt = TokenExpiry, sessionExpiresAt = SessionEnd,
                absoluteEndsAt = AbsoluteEnd,
                renewal = "background", logoutUrl = "/bff/logout?sid=1",
            };
    }

    private Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value!;
        _requests.Enqueue(path);
        if (IsDown && path.StartsWith("/bff/", StringComparison.Ordinal))
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Headers.CacheControl = "no-store";
        if (KnowsNoOtherOrigin && context.Request.Headers.Origin.Count > 0)
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            return Results.Json(new { code = "origin_not_allowed" }, statusCode: 403).ExecuteAsync(context);
        }

        return next(context);
    }

    private async Task StreamAsync(HttpContext context)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        if (!StreamsAreHeldBack)
        {
            _streams[context] = true;
            await WriteAsync(context, "session", SessionNow());
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        _streams.TryRemove(context, out _);
    }

    private async Task WriteAsync(HttpContext stream, string name, object data)
    {
        await _writing.WaitAsync();
        try
        {
            await stream.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, JsonSerializerOptions.Web)}\n\n");
            await stream.Response.Body.FlushAsync();
        }
        catch (ObjectDisposedException)
        {
            // Its page has gone meanwhile.
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<IResult> EchoAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync();
        if (Count("/api/echo") > 1) { return Results.Text(body); }
        request.HttpContext.Response.Headers.RetryAfter = "1";
        return Results.Json(new { code = "provider_unavailable" }, statusCode: 503);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        LogoutMayEnd.TrySetResult();
        await _app.DisposeAsync();
        _end.Dispose();
        _writing.Dispose();
    }
}

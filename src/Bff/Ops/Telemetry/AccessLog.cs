using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

namespace Bff.Ops.Telemetry;

/// <summary>
/// One line a request, by the names of OpenTelemetry's semantic conventions. Our own few lines and not the framework's HTTP logging, which takes the query,
/// whole headers and bodies where a configuration asks for them: what is not named here cannot be switched on.
/// </summary>
internal sealed class AccessLog(RequestDelegate next, IOptionsMonitor<AccessLogOptions> options, ILoggerFactory loggers, TimeProvider clock)
{
    public const string Category = "Bff.AccessLog";

    private const int MaxPath = 1024;
    private const int MaxAgent = 256;

    /// <summary>The client went away before there was a response; the number that nginx made usual.</summary>
    private const int ClientClosedRequest = 499;

    private const string OtherMethod = "_OTHER";

    private static readonly EventId Request = new(1, "request");

    private static readonly string[] Methods =
    [
        HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete, HttpMethods.Patch, HttpMethods.Options,
        HttpMethods.Connect, HttpMethods.Trace,
    ];

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public Task InvokeAsync(HttpContext context) => options.CurrentValue.Enabled ? WriteAsync(context) : next(context);

    private async Task WriteAsync(HttpContext context)
    {
        var started = clock.GetTimestamp();
        var aborted = context.RequestAborted;   // later ones put their own in its place
        try
        {
            await next(context);
        }
        finally
        {
            // What fails after its response began passes the exception handler, and is a request like any other.
            LineOf(context, aborted.IsCancellationRequested, clock.GetElapsedTime(started)).WriteTo(_logger, LogLevel.Information, Request);
        }
    }

    private static LogLine LineOf(HttpContext context, bool isAborted, TimeSpan took)
    {
        var (request, response) = (context.Request, context.Response);
        var endpoint = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? context.GetEndpoint();
        var agent = request.Headers.UserAgent.ToString();
        return new LogLine(
            head: null,
            ("http.request.method", Methods.Contains(request.Method, StringComparer.Ordinal) ? request.Method : OtherMethod),
            ("url.path", Printable.Text(request.PathBase + request.Path, MaxPath)),
            ("http.response.status_code", isAborted && !response.HasStarted ? ClientClosedRequest : response.StatusCode),
            ("http.server.request.duration", Math.Round(took.TotalSeconds, 6)),
            ("http.route", (endpoint as RouteEndpoint)?.RoutePattern.RawText),
            ("bff.route", endpoint?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId),
            ("error.type", context.Items[Problem.CodeItem]),
            ("client.address", ClientAddress.Of(context)?.ToString()),
            ("session.id", context.FindSession() is { } session ? $"{session.Id}" : null),
            ("url.scheme", request.Scheme),
            ("server.address", Printable.Text(request.Host.Host)),
            ("server.port", request.Host.Port),
            ("network.protocol.version", Version(request.Protocol)),
            ("user_agent.original", agent.Length > 0 ? Printable.Text(agent, MaxAgent) : null));
    }

    /// <summary>Without the name: <c>1.1</c>, <c>2</c>, <c>3</c>.</summary>
    private static string Version(string protocol) => protocol.StartsWith("HTTP/", StringComparison.Ordinal) ? protocol["HTTP/".Length..] : "";
}

using System.Collections.Concurrent;
using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace DevStack.Nodes;

/// <summary>Passes a call to the node whose turn it is; when that node dies over it, to the next, if that can do no harm.</summary>
internal sealed class Balancer(IHttpForwarder forwarder, DemoNodes nodes, TimeProvider clock) : IDisposable
{
    private const int MaxRemembered = 12;

    /// <summary>The response says which node it came from.</summary>
    private const string NodeHeader = "X-Demo-Node";

    private readonly ConcurrentQueue<Call> _calls = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });

    /// <param name="At">When it ended.</param>
    /// <param name="Method">Of the request.</param>
    /// <param name="Path">Without the query, which may hold secrets.</param>
    /// <param name="Status">Of the response.</param>
    /// <param name="Nodes">Who was asked, in this order; the last one answered.</param>
    public sealed record Call(DateTimeOffset At, string Method, string Path, int Status, IReadOnlyList<string> Nodes);

    /// <summary>The latest first.</summary>
    public IEnumerable<Call> LastCalls => _calls.Reverse();

    /// <summary>A call of a browser, to whichever node.</summary>
    public async Task ForwardAsync(HttpContext context)
    {
        var asked = await ForwardAsync(context, nodes.Next, node => node.Member.Url);
        if (asked is [.., var last])
        {
            last.CountCall();
        }

        _calls.Enqueue(new Call(
            clock.GetUtcNow(), context.Request.Method, context.Request.Path, context.Response.StatusCode, [.. asked.Select(node => node.Name)]));
        while (_calls.Count > MaxRemembered && _calls.TryDequeue(out _))
        {
        }
    }

    /// <summary>A call of an operator.</summary>
    public Task ForwardOpsAsync(HttpContext context) => ForwardAsync(context, nodes.First, node => node.OpsUrl.AbsoluteUri);

    private async Task<List<DemoNode>> ForwardAsync(
        HttpContext context, Func<IReadOnlyCollection<DemoNode>, DemoNode?> next, Func<DemoNode, string> address)
    {
        var tried = new List<DemoNode>();
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[NodeHeader] = tried.LastOrDefault()?.Name;
            return Task.CompletedTask;
        });
        while (next(tried) is { } node)
        {
            tried.Add(node);
            var error = await forwarder.SendAsync(context, address(node), _http);
            if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                return tried;
            }

            node.IsReady = false;   // until it is asked again
            if (!MayRepeat(context))
            {
                return tried;
            }

            context.Response.StatusCode = StatusCodes.Status200OK;   // as before the failed try
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        await context.Response.WriteAsync("No node is ready.");
        return tried;
    }

    /// <summary>What reads only, and what could not be sent at all: a POST that was sent may have been carried out.</summary>
    private static bool MayRepeat(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
        || context.Features.Get<IForwarderErrorFeature>()?.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };

    public void Dispose() => _http.Dispose();
}

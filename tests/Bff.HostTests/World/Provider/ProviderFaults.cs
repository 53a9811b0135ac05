using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>What can go wrong at a provider, switched on and off while it runs.</summary>
internal sealed class ProviderFaults
{
    private const string TokenEndpoint = "/token";

    private volatile Func<HttpContext, RequestDelegate, Task>? _fault;
    private volatile TaskCompletionSource<bool> _held = new();
    private int _holding;

    /// <summary>Token calls that hang now.</summary>
    public int Holding => Volatile.Read(ref _holding);

    public void ComeBack() => _fault = null;

    /// <summary>Every address answers 503.</summary>
    public void GoDown() => _fault = (context, _) => AnswerAsync(context, 503, "down for maintenance", "text/plain", []);

    /// <summary>Calls to one address wait; those that wait already go on waiting after <see cref="ComeBack"/>.</summary>
    public void Hang(string path = TokenEndpoint) => _fault = On(path, HoldAsync);

    /// <summary>As <see cref="Hang"/>, but the token endpoint goes on serving refreshes.</summary>
    public void HangCodes() =>
        _fault = On(TokenEndpoint, async (context, next) => await (await IsCodeAsync(context) ? HoldAsync(context, next) : next(context)));

    /// <summary>The token endpoint answers codes so, and goes on serving refreshes.</summary>
    public void AnswerCodesWith(int status) =>
        _fault = On(
            TokenEndpoint, async (context, next) => await (await IsCodeAsync(context) ? AnswerAsync(context, status, "", "text/plain", []) : next(context)));

    private static async Task<bool> IsCodeAsync(HttpContext context) => (await context.Request.ReadFormAsync())["grant_type"] == "authorization_code";

    private async Task HoldAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _holding);
        try
        {
            if (await _held.Task.WaitAsync(context.RequestAborted) && !IsGone(context)) { await next(context); }
            else { context.Abort(); }
        }
        catch (OperationCanceledException)
        {
            // The caller gave up; nothing was rotated.
        }
        finally
        {
            Interlocked.Decrement(ref _holding);
        }
    }

    /// <summary>
    /// On a busy machine a server may be told of it too late: then it would carry out what a process asked for that had been killed before. For HTTP/1.1.
    /// </summary>
    private static bool IsGone(HttpContext context)
    {
        try
        {
            return context.Features.Get<IConnectionSocketFeature>()?.Socket is { } caller && caller.Poll(TimeSpan.Zero, SelectMode.SelectRead)
                && caller.Available == 0;
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            return true;
        }
    }

    /// <summary>The provider does its work, rotation included, and keeps the answer until <see cref="CutOff"/>.</summary>
    public void HoldAnswers() => _fault = On(TokenEndpoint, async (context, next) =>
    {
        var body = context.Response.Body;
        context.Response.Body = new MemoryStream();
        await next(context);
        context.Response.Body = body;
        await _held.Task;
        context.Abort();
    });

    /// <summary>Lets every call that hangs go through to the endpoint.</summary>
    public void Release() => Free(answered: true);

    /// <summary>Cuts every call that hangs off without having done anything.</summary>
    public void CutOff() => Free(answered: false);

    public void AnswerWith(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) =>
        AnswerWith(TokenEndpoint, status, body, type, headers);

    public void AnswerWith(string path, int status, string body, string type, params (string Name, string Value)[] headers) =>
        _fault = On(path, (context, _) => AnswerAsync(context, status, body, type, headers));

    public void ResetConnections() => _fault = On(TokenEndpoint, (context, _) =>
    {
        context.Abort();
        return Task.CompletedTask;
    });

    /// <summary>The provider does its work, rotation included, and its answer never arrives.</summary>
    public void LoseAnswers() => _fault = On(TokenEndpoint, async (context, next) =>
    {
        context.Response.Body = new MemoryStream();
        await next(context);
        context.Abort();
    });

    /// <summary>Token calls take this long, in real time, as on a network: so that what is called at once is under way at once.</summary>
    public void AnswerAfter(TimeSpan delay) => _fault = On(TokenEndpoint, async (context, next) =>
    {
        await Task.Delay(delay, TimeProvider.System);
        await next(context);
    });

    public Task InvokeAsync(HttpContext context, RequestDelegate next) => _fault is { } fault ? fault(context, next) : next(context);

    private static Func<HttpContext, RequestDelegate, Task> On(string path, Func<HttpContext, RequestDelegate, Task> fault) =>
        (context, next) => context.Request.Path == path ? fault(context, next) : next(context);

    private static async Task AnswerAsync(HttpContext context, int status, string body, string type, (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers) { context.Response.Headers[name] = value; }
        await context.Response.WriteAsync(body);
    }

    private void Free(bool answered) => Interlocked.Exchange(ref _held, new TaskCompletionSource<bool>()).SetResult(answered);
}

using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Bff.BrowserTests.World;

/// <summary>
/// An HTTP proxy that writes down everything a browser sends and gets: redirects, preflights, frames and cookies, headers and bodies.
/// The browser's own developer protocol would miss bodies of pages it has left.
/// </summary>
internal sealed class Wiretap : IAsyncDisposable
{
    /// <summary>They belong to one connection, or would make the answer unreadable.</summary>
    private static readonly string[] NotPassedOn = ["Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "Accept-Encoding"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly ConcurrentQueue<Exchange> _exchanges = new();
    private readonly WebApplication _app;

    private Wiretap()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(PassOnAsync);
    }

    /// <summary>One request and its answer, both with headers and body.</summary>
    internal sealed record Exchange(string Method, string Url, string Request, int Status, string Answer);

    public Uri Address => new(_app.Urls.Single());

    public IReadOnlyCollection<Exchange> Exchanges => _exchanges;

    /// <summary>Everything so far, as text.</summary>
    public string Tape => string.Join('\n', _exchanges.Select(each => $"{each.Method} {each.Url}\n{each.Request}\n{each.Status}\n{each.Answer}"));

    public static async Task<Wiretap> StartAsync()
    {
        var tap = new Wiretap();
        await tap._app.StartAsync();
        return tap;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var request = await ReadAsync(context.Request);
        using var answer = await _http.SendAsync(request, context.RequestAborted);
        var body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        _exchanges.Enqueue(new Exchange(
            request.Method.Method,
            request.RequestUri!.OriginalString,
            Text(request.Headers, await ReadAsync(request.Content)),
            (int)answer.StatusCode,
            Text(answer.Headers, body) + answer.Content.Headers));

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!NotPassedOn.Contains(name, StringComparer.OrdinalIgnoreCase)) { context.Response.Headers.Append(name, values.ToArray()); }
        }

        if (body.Length > 0) { await context.Response.Body.WriteAsync(body, context.RequestAborted); }
    }

    private static async Task<HttpRequestMessage> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var copy = new HttpRequestMessage(new HttpMethod(request.Method), request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (body.Length > 0) { copy.Content = new ByteArrayContent(body.ToArray()); }
        foreach (var (name, values) in request.Headers.Where(header => !NotPassedOn.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            IEnumerable<string?> lines = values;
            if (!copy.Headers.TryAddWithoutValidation(name, lines)) { copy.Content?.Headers.TryAddWithoutValidation(name, lines); }
        }

        return copy;
    }

    private static async Task<byte[]> ReadAsync(HttpContent? content) => content is null ? [] : await content.ReadAsByteArrayAsync();

    private static string Text(HttpHeaders headers, byte[] body) => $"{headers}\n{Encoding.UTF8.GetString(body)}";
}

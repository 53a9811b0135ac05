using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Bff.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Bff.Benchmarks.Roles;

/// <summary>
/// The API: Kestrel and nothing above it. It wants a token everywhere but below <c>/open/</c>, looks at its end as <see cref="MassProvider"/> wrote it,
/// and answers as the path says. <c>/counts</c> tells how many calls there were, and how many of them with a token that had expired.
/// </summary>
internal sealed class Upstream : IHttpApplication<IFeatureCollection>
{
    private static readonly StringValues JsonType = "application/json", TextType = "text/plain";

    private long _calls, _expired;

    public static async Task<int> RunAsync(bool http2)
    {
        var port = FreePort.Find();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        await using var app = builder.Build();
        var server = app.Services.GetRequiredService<IServer>();   // without the host's own pipeline
        await server.StartAsync(new Upstream(), CancellationToken.None);
        await Role.ListenAsync(port);
        await server.StopAsync(CancellationToken.None);
        return 0;
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // There is nothing to let go of.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var (request, response) = (context.GetRequiredFeature<IHttpRequestFeature>(), context.GetRequiredFeature<IHttpResponseFeature>());
        var body = context.GetRequiredFeature<IHttpResponseBodyFeature>();
        if (request.Path == "/counts")
        {
            await AnswerAsync(response, body, TextType, Encoding.ASCII.GetBytes($"{Volatile.Read(ref _calls)} {Volatile.Read(ref _expired)}"));
            return;
        }

        Interlocked.Increment(ref _calls);
        if (!request.Path.StartsWith("/open/", StringComparison.Ordinal) && !IsAlive(request.Headers.Authorization.ToString()))
        {
            Interlocked.Increment(ref _expired);
            response.StatusCode = StatusCodes.Status401Unauthorized;
            response.Headers.ContentLength = 0;
            return;
        }

        if (request.Headers.ContentLength > 0) { await ReadAsync(request.Body); }
        await AnswerAsync(response, body, JsonType, Payloads.Of(request.Path));
    }

    private static async Task ReadAsync(Stream body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        while (await body.ReadAsync(buffer) > 0) { }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static async Task AnswerAsync(IHttpResponseFeature response, IHttpResponseBodyFeature body, StringValues type, byte[] text)
    {
        response.Headers.ContentLength = text.Length;
        if (text.Length == 0) { return; }
        response.Headers.ContentType = type;
        await body.Writer.WriteAsync(text);
    }

    /// <summary>A token of <see cref="MassProvider"/>: <c>a-session-generation-expiry-padding</c>.</summary>
    private static bool IsAlive(ReadOnlySpan<char> authorization)
    {
        Span<Range> words = stackalloc Range[6];
        return authorization.Split(words, '-') == 5 && (authorization[words[0]].SequenceEqual("Bearer a") || authorization[words[0]].SequenceEqual("DPoP a"))
            && long.Parse(authorization[words[3]], CultureInfo.InvariantCulture) > TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    }
}

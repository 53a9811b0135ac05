using System.Globalization;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;

namespace DevStack.Api;

/// <summary>What a browser fetches by itself: a picture, an event stream, a WebSocket. Each wants a token, which only Bff can add.</summary>
internal static class MediaEndpoints
{
    private const int MaxMessage = 4_096;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    public static void MapMedia(this WebApplication app)
    {
        app.UseWebSockets();
        var media = app.MapGroup("/api/media").RequireAuthorization();
        media.MapGet("/picture.svg", Picture);
        media.MapGet("/clock", (TimeProvider clock, CancellationToken gone) => TypedResults.ServerSentEvents(TimesAsync(clock, gone)));
        media.Map("/echo", EchoAsync);
    }

    private static IResult Picture(ClaimsPrincipal user, HttpResponse response)
    {
        response.Headers.CacheControl = "private, max-age=60";
        var name = HtmlEncoder.Default.Encode(user.FindFirstValue("sub") ?? "");
        return Results.Text(
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="240" height="60" viewBox="0 0 240 60" font-family="system-ui, sans-serif">
            <rect width="240" height="60" rx="10" fill="#2f6f9f"/><text x="120" y="36" text-anchor="middle" fill="#fff" font-size="16">Drawn for {name}</text></svg>
            """,
            "image/svg+xml; charset=utf-8");
    }

    private static async IAsyncEnumerable<SseItem<string>> TimesAsync(TimeProvider clock, [EnumeratorCancellation] CancellationToken gone)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        do
        {
            yield return new(clock.GetUtcNow().ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        }
        while (await timer.WaitForNextTickAsync(gone));
    }

    /// <summary>Says each message again, until the other side closes or goes.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[MaxMessage];
        try
        {
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, context.RequestAborted);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // It went without a word.
        }
    }
}

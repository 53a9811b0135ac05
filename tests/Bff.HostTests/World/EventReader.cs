using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>A page that listens to <c>/bff/events</c>.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;
    private readonly CancellationTokenSource _away = new();

    private EventReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync(_away.Token).GetAsyncEnumerator(_away.Token);
    }

    public static async Task<EventReader> OpenAsync(Browser browser, string? lastEventId = null)
    {
        var request = browser.Bare(HttpMethod.Get, "/bff/events");
        request.Headers.Add("Origin", Browser.SpaOrigin);
        if (lastEventId is not null) { request.Headers.Add("Last-Event-ID", lastEventId); }
        var response = await browser.BeginAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return new EventReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null when the answer has ended.</summary>
    public async Task<(string Name, JsonElement Data, string? Id)?> NextAsync()
    {
        if (!await _events.MoveNextAsync().AsTask().WaitAsync(Eventually.Deadline, TimeProvider.System)) { return null; }
        return (_events.Current.EventType, JsonDocument.Parse(_events.Current.Data).RootElement, _events.Current.EventId);
    }

    /// <summary>The next event of this name; heartbeats and others are passed over.</summary>
    public async Task<(string Name, JsonElement Data, string? Id)> NextAsync(string name)
    {
        while (true)
        {
            var next = await NextAsync() ?? throw new InvalidOperationException($"The stream ended before '{name}'.");
            if (next.Name == name) { return next; }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _away.CancelAsync();
        _response.Dispose();
        _away.Dispose();
    }
}

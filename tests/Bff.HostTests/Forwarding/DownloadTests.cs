using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests.Forwarding;

/// <summary>Large files, whole and in parts, as a browser's download manager and its media player ask for them (RFC 9110 section 14).</summary>
public sealed class DownloadTests
{
    private const long Gigabyte = 1024 * 1024 * 1024;

    /// <summary>What sockets hold on the way: two connections, with a few megabytes at each end.</summary>
    private const long OnTheWay = 32 * 1024 * 1024;

    [Fact]
    public async Task Of_a_file_of_a_gigabyte_no_more_is_held_than_sockets_hold()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        using var response = await alice.BeginAsync(Ask(alice, "/media/file"));
        (response.StatusCode, response.Content.Headers.ContentLength).ShouldBe((HttpStatusCode.OK, Gigabyte));
        await using var body = await response.Content.ReadAsStreamAsync();
        var (buffer, read) = (new byte[64 * 1024], 0L);
        foreach (var upTo in new[] { 1, 48 * 1024 * 1024 })
        {
            while (read < upTo) { read += await body.ReadAsync(buffer); }

            // The reader pauses, and so does the API before long: what it has sent, and nobody has read, is in between.
            await Eventually.HappensAsync(async () =>
            {
                var before = Sent;
                await Eventually.ShortlyAsync();
                return Sent == before && Sent >= read;
            }, "the API waits");
            (Sent - read).ShouldBeLessThan(OnTheWay);
        }
    }

    private long _sent;

    private long Sent => Volatile.Read(ref _sent);

    [Fact]
    public async Task A_download_goes_on_where_it_was_broken_off_and_begins_anew_when_the_file_has_changed()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();

        var rest = await PartAsync(alice, "bytes=600-", "\"v1\"");
        (rest.StatusCode, rest.Content.Headers.ContentRange!.ToString()).ShouldBe((HttpStatusCode.PartialContent, "bytes 600-999/1000"));
        (rest.Headers.ETag!.Tag, rest.Headers.AcceptRanges.Single()).ShouldBe(("\"v1\"", "bytes"));
        (await rest.Content.ReadAsByteArrayAsync()).Length.ShouldBe(400);

        (await PartAsync(alice, "bytes=600-", "\"v0\"")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await PartAsync(alice, "bytes=1000-", null)).StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        (await PartAsync(alice, "bytes=0-0", null)).Content.Headers.ContentLength.ShouldBe(1);
    }

    private static async Task<HttpResponseMessage> PartAsync(Browser browser, string range, string? ifRange)
    {
        var request = Ask(browser, "/media/part");
        request.Headers.Range = RangeHeaderValue.Parse(range);
        if (ifRange is not null) { request.Headers.IfRange = new(new EntityTagHeaderValue(ifRange)); }
        return await browser.BeginAsync(request);
    }

    private static HttpRequestMessage Ask(Browser browser, string path)
    {
        var request = browser.Bare(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return request;
    }

    private async Task<World> StartAsync()
    {
        var world = await World.StartAsync([.. FetchedRoutes.Of("media", "FetchMetadata")]);
        world.Api.Serve = context => context.Request.Path == "/media/part"
            ? Results.Bytes(new byte[1000], "video/mp4", entityTag: new("\"v1\""), enableRangeProcessing: true).ExecuteAsync(context)
            : SendAsync(context);
        return world;
    }

    private async Task SendAsync(HttpContext context)
    {
        context.Response.ContentLength = Gigabyte;
        var block = new byte[64 * 1024];
        while (Sent < Gigabyte && !context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(block);
            Interlocked.Add(ref _sent, block.Length);
        }
    }
}

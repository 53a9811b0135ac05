using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests.Forwarding;

/// <summary>Large files, whole and in parts, as a browser's download manager and its media player ask for them (RFC 9110 section 14).</summary>
public sealed class DownloadTests
{
    private const long Length = 256L * 1024 * 1024;

    [Fact]
    public async Task A_large_file_passes_without_being_kept_anywhere()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        (await DownloadAsync(alice, "/media/file?length=1000000")).ShouldBe(1_000_000);   // what the first call makes is not counted
        var (held, allocated) = (GC.GetTotalMemory(forceFullCollection: true), GC.GetTotalAllocatedBytes());

        (await DownloadAsync(alice, $"/media/file?length={Length}")).ShouldBe(Length);

        // In this process are the API, Bff and the browser together.
        (GC.GetTotalAllocatedBytes() - allocated).ShouldBeLessThan(Length / 4);
        (GC.GetTotalMemory(forceFullCollection: false) - held).ShouldBeLessThan(64 * 1024 * 1024);
    }

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

    private static async Task<long> DownloadAsync(Browser browser, string path)
    {
        using var response = await browser.BeginAsync(Ask(browser, path));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync();
        var (buffer, total) = (new byte[64 * 1024], 0L);
        while (await body.ReadAsync(buffer) is var read and > 0) { total += read; }
        return total;
    }

    private static HttpRequestMessage Ask(Browser browser, string path)
    {
        var request = browser.Bare(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return request;
    }

    private static async Task<World> StartAsync()
    {
        var world = await World.StartAsync([.. FetchedRoutes.Of("media", "FetchMetadata")]);
        world.Api.Serve = async context =>
        {
            if (context.Request.Path == "/media/part")
            {
                await Results.Bytes(new byte[1000], "video/mp4", entityTag: new("\"v1\""), enableRangeProcessing: true).ExecuteAsync(context);
                return;
            }

            context.Response.ContentLength = long.Parse(context.Request.Query["length"]!, System.Globalization.CultureInfo.InvariantCulture);
            var block = new byte[64 * 1024];
            for (var left = context.Response.ContentLength.Value; left > 0; left -= block.Length)
            {
                await context.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
            }
        };
        return world;
    }
}

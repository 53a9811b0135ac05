using System.IO.Compression;
using System.Net;
using System.Text;

namespace Bff.HostTests.Login;

/// <summary>The page script, served by the Bff it belongs to.</summary>
public sealed class ScriptTests
{
    [Fact]
    public async Task Any_page_may_import_the_script_and_a_browser_keeps_it()
    {
        await using var world = await World.StartAsync();
        var page = world.NewBrowser();

        var script = await GetAsync("/bff/bff.js");

        script.Status.ShouldBe(HttpStatusCode.OK);
        script.Header("Content-Type").ShouldBe("text/javascript; charset=utf-8");
        script.Header("Access-Control-Allow-Origin").ShouldBe("*");
        script.Header("Access-Control-Allow-Credentials").ShouldBeNull();
        script.Header("Cross-Origin-Resource-Policy").ShouldBe("cross-origin");
        script.Header("X-Content-Type-Options").ShouldBe("nosniff");
        script.Header("Cache-Control").ShouldBe("no-cache");
        script.SetCookies.ShouldBeEmpty();
        script.Body.ShouldContain("X-CSRF");
        script.Body.ShouldEndWith("//# sourceMappingURL=bff.js.map\n");
        (await GetAsync("/bff/bff.js.map")).Json.GetProperty("sources").EnumerateArray().ShouldNotBeEmpty();

        var tag = script.Header("ETag").ShouldNotBeNull();
        var again = await GetAsync("/bff/bff.js", ("If-None-Match", tag));
        (again.Status, again.Body, again.Header("ETag"), again.Header("Cache-Control")).ShouldBe((HttpStatusCode.NotModified, "", tag, "no-cache"));
        (await GetAsync("/bff/bff.js", ("If-None-Match", "\"another\""))).Status.ShouldBe(HttpStatusCode.OK);
        (await GetAsync("/bff/bff.js?v=" + tag.Trim('"'))).Header("Cache-Control").ShouldBe("public, max-age=31536000, immutable");
        (await GetAsync("/bff/bff.js?v=0123456789abcdef")).Header("Cache-Control").ShouldBe("no-cache", "a page of before an upgrade gets the new one");
        (await GetAsync("/bff/other.js")).ShouldBeProblem(404, "not_found");
        (await page.SendAsync(page.Bare(HttpMethod.Head, "/bff/bff.js"))).Status.ShouldBe(HttpStatusCode.OK);
        (await page.PostAsync("/bff/bff.js")).ShouldBeProblem(405, "method_not_allowed");

        Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers)
        {
            var request = page.Bare(HttpMethod.Get, path);
            request.Headers.Add("Origin", "https://page.example");   // no front end of ours
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            foreach (var (name, value) in headers) { request.Headers.Add(name, value); }
            return page.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip, deflate, br;q=0", "gzip")]
    [InlineData("gzip;q=0.5", "gzip")]
    [InlineData("deflate", null)]
    public async Task The_script_comes_compressed_as_the_browser_can_read_it(string accepted, string? encoding)
    {
        await using var world = await World.StartAsync();
        using var http = new HttpClient { BaseAddress = world.Bff.Address };
        var plain = await http.GetByteArrayAsync(new Uri("/bff/bff.js", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/bff/bff.js");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);

        using var response = await http.SendAsync(request);

        response.Content.Headers.ContentEncoding.FirstOrDefault().ShouldBe(encoding);
        response.Headers.Vary.ShouldContain("Accept-Encoding");
        response.Headers.ETag!.Tag.EndsWith(encoding is null ? "" : $"-{encoding}\"", StringComparison.Ordinal).ShouldBeTrue("a tag for each");
        await using var body = await response.Content.ReadAsStreamAsync();
        await using Stream read =
            encoding switch { "br" => new BrotliStream(body, CompressionMode.Decompress), "gzip" => new GZipStream(body, CompressionMode.Decompress),
                _ => body };
        using var copy = new MemoryStream();
        await read.CopyToAsync(copy);
        Encoding.UTF8.GetString(copy.ToArray()).ShouldBe(Encoding.UTF8.GetString(plain));
        if (encoding is not null) { response.Content.Headers.ContentLength!.Value.ShouldBeLessThan(plain.Length / 2); }
    }

    [Fact]
    public async Task The_script_asks_nothing_of_the_store_and_costs_no_sign_in()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "1"), ("Bff:RateLimits:Callback", "1"));
        var alice = await world.LogInAsync();
        world.Execute("ALTER TABLE sessions RENAME TO away");
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        (await alice.GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        for (var i = 0; i < 20; i++) { (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/bff/bff.js"))).Status.ShouldBe(HttpStatusCode.OK); }

        world.Execute("ALTER TABLE away RENAME TO sessions");
    }

    [Fact]
    public async Task The_script_is_there_below_a_path_base_too()
    {
        await using var world = await World.StartAsync(
            [.. World.BehindProxy().Select(entry => entry.Key == "Bff:PublicUrl" ? (entry.Key, entry.Value + "/app") : entry)]);
        (await world.NewBrowser().StepAsync("/app/bff/bff.js")).Header("Content-Type").ShouldBe("text/javascript; charset=utf-8");
        (await world.NewBrowser().StepAsync("/bff/bff.js")).Header("Content-Type").ShouldBe(
            "text/javascript; charset=utf-8", "a proxy in front took the path base off");
    }
}

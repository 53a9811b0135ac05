using System.Net;

namespace Bff.HostTests.Guard;

/// <summary>What a browser fetches without script: the three words of <c>Bff.Csrf</c>, and what each of them takes for a request of the user's own pages.</summary>
[Trait("Standard", "WEB-3")]
public sealed class FetchMetadataTests
{
    private const string Page = Browser.SpaOrigin, Evil = "https://evil.example";

    private const string Header = "csrf_header_missing", CrossSite = "cross_site_request", Origin = "origin_not_allowed", Passes = "";

    /// <summary>Method, Sec-Fetch-Site, -Mode, -Dest, Origin, whether the header is there, and the end on a route of each kind: a code, or nothing for 200.</summary>
    private static readonly (string Method, string? Site, string? Mode, string? Dest, string? From, bool HasHeader, string Fetched, string Navigated)[] Table =
    [
        ("GET", "same-origin", "no-cors", "image", null, false, Passes, Passes),
        ("GET", "same-origin", "cors", "empty", null, false, Passes, Passes),            // an EventSource of our own origin
        ("GET", "same-origin", "navigate", "iframe", null, false, Passes, Passes),       // a PDF in a frame
        ("HEAD", "same-origin", "no-cors", "video", null, false, Passes, Passes),
        ("GET", "same-site", "cors", "image", Page, false, Passes, Passes),              // crossorigin="use-credentials"
        ("GET", "cross-site", "cors", "video", Page, false, Passes, Passes),
        ("GET", null, null, null, Page, false, Passes, Passes),                          // an older browser
        ("GET", "same-site", "no-cors", "image", null, false, Header, Header),           // whose page, nobody knows
        ("GET", "cross-site", "no-cors", "image", null, false, CrossSite, CrossSite),
        ("GET", "cross-site", "no-cors", "script", null, false, CrossSite, CrossSite),
        ("GET", "same-site", "navigate", "iframe", null, false, Header, Header),
        ("GET", "cross-site", "navigate", "iframe", null, false, CrossSite, CrossSite),
        ("GET", "cross-site", "navigate", "object", null, false, CrossSite, CrossSite),
        ("GET", "same-origin", "cors", "empty", Evil, false, Origin, Origin),
        ("GET", "same-site", "cors", "image", "null", false, Origin, Origin),            // was redirected by somebody else
        ("GET", "same-origin", "cors", "empty", Evil, true, Origin, Origin),
        ("GET", "none", "navigate", "document", null, false, Header, Passes),            // typed, or a link of another program
        ("GET", "none", "no-cors", "empty", null, false, Header, Passes),                // a download that the browser goes on with
        ("GET", "same-site", "navigate", "document", null, false, Header, Passes),
        ("GET", "cross-site", "navigate", "document", null, false, CrossSite, Passes),   // a link on another site
        ("HEAD", "cross-site", "navigate", "document", null, false, CrossSite, Passes),
        ("GET", "cross-site", "cors", "document", null, false, CrossSite, CrossSite),
        ("GET", null, null, null, null, false, Header, Header),                          // an older browser's image
        ("GET", null, null, null, null, true, Passes, Passes),
        ("POST", "same-origin", "cors", "empty", Page, false, Header, Header),
        ("POST", "same-origin", "cors", "empty", Page, true, Passes, Passes),
        ("POST", "cross-site", "navigate", "document", Evil, false, Origin, Origin),     // a form of another site
        ("POST", "cross-site", "navigate", "document", null, false, CrossSite, CrossSite),
        ("DELETE", "same-origin", "cors", "empty", null, false, Header, Header),
        ("OPTIONS", "same-origin", "cors", "empty", null, false, Header, Header),
    ];

    [Fact]
    [Trait("Standard", "BBA-10")]
    public async Task Only_safe_methods_of_our_own_pages_pass_without_the_header_and_whole_tabs_where_pages_are()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var wrong = new List<string>();
        foreach (var row in Table)
        {
            foreach (var (path, expected) in new[] { ("/media/x", row.Fetched), ("/pages/x", row.Navigated) })
            {
                var before = world.Api.Calls.Count;
                var answer = await alice.SendAsync(Request(alice, row.Method, path, row.Site, row.Mode, row.Dest, row.From, row.HasHeader));
                var end = answer.Status == HttpStatusCode.OK ? Passes : row.Method == "HEAD" ? expected : answer.Code ?? answer.Body;
                var isForwarded = world.Api.Calls.Count > before;
                if (end != expected || isForwarded != (expected == Passes)) { wrong.Add($"{path} {row}: {(int)answer.Status} {end}, forwarded {isForwarded}"); }
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_older_browser_is_believed_by_what_it_accepts_where_pages_are_and_nowhere_else()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        (await alice.StepAsync("/pages/x")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.StepAsync("/media/x")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await alice.StepAsync("/pages/x", accept: "image/avif,*/*")).ShouldBeProblem(403, Header);
    }

    [Fact]
    public async Task What_comes_is_kept_for_nobody_else_and_is_no_program_of_our_origin()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();

        var image = await alice.SendAsync(Request(alice, "GET", "/media/x", "same-origin", "no-cors", "image"));
        var page = await alice.SendAsync(Request(alice, "GET", "/pages/x", "same-origin", "navigate", "document"));

        image.Header("Vary").ShouldBe("Sec-Fetch-Site, Cookie, Origin");
        image.Header("Cache-Control").ShouldBe("private");
        image.Header("Content-Security-Policy")!.ShouldContain("script-src 'none'");
        page.Header("Vary").ShouldBe("Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Cookie, Origin");
        page.Header("Cache-Control").ShouldBe("no-store");
        page.Header("X-Frame-Options").ShouldBe("SAMEORIGIN");
        page.Header("Content-Security-Policy").ShouldBeNull();
        foreach (var answer in new[] { image, page }) { answer.Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin"); }

        world.Api.Answers = context => context.Response.Headers.CacheControl = "public, max-age=60";
        (await alice.SendAsync(Request(alice, "GET", "/pages/x", "same-origin", "no-cors", "style"))).Header("Cache-Control").ShouldBe("max-age=60, private");
    }

    private static Task<World> StartAsync() => World.StartAsync(
        [.. FetchedRoutes.Of("media", "FetchMetadata"), .. FetchedRoutes.Of("pages", "Navigation")]);

    private static HttpRequestMessage Request(
        Browser browser, string method, string path, string? site, string? mode, string? destination, string? origin = null, bool hasHeader = false)
    {
        var request = browser.Bare(new HttpMethod(method), path);
        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Origin", origin) })
        {
            if (value is not null) { request.Headers.TryAddWithoutValidation(name, value); }
        }

        if (hasHeader) { request.Headers.Add("X-CSRF", "1"); }
        return request;
    }
}

namespace Bff.HostTests.Forwarding;

/// <summary>Whether an answer is one user's is decided by whether the route looks at the session: by its policy or by the token it sends.</summary>
public sealed class PersonalAnswerTests
{
    /// <summary>Token policy, authorization policy; the last one uses no session.</summary>
    public static TheoryData<string, string?, bool> Routes => new()
    {
        { "User", "default", true },
        { "User", null, true },
        { "UserOrNone", null, true },
        { "UserOrNone", "anonymous", true },
        { "None", "default", true },
        { "None", "anonymous", false },
        { "None", null, false },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    [Trait("Standard", "HARD-13")]
    public async Task No_shared_cache_keeps_an_answer_of_a_route_that_uses_the_session(string token, string? policy, bool personal)
    {
        await using var world = await StartAsync(token, policy);
        var alice = await world.LogInAsync();
        string[] others = ["CDN-Cache-Control", "Example-CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires"];
        world.Api.Answers = context =>
        {
            context.Response.Headers.CacheControl = "public, max-age=600, s-maxage=900";
            foreach (var name in others) { context.Response.Headers[name] = "600"; }
        };

        var answer = await alice.GetAsync("/mine/page");

        answer.Header("Cache-Control").ShouldBe(personal ? "max-age=600, private" : "public, max-age=600, s-maxage=900");
        others.ShouldAllBe(name => answer.Header(name) == (personal ? null : "600"));
        (answer.Header("Vary") ?? "").Contains("Cookie", StringComparison.Ordinal).ShouldBe(personal);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task The_upstream_of_a_route_that_uses_the_session_speaks_for_nobodys_CORS_policy(string token, string? policy, bool personal)
    {
        await using var world = await StartAsync(token, policy);
        var alice = await world.LogInAsync();
        world.Api.Answers = context => context.Response.Headers.AccessControlAllowOrigin = "https://evil.example";
        var request = alice.Bare(HttpMethod.Get, "/mine/page");
        request.Headers.Add("X-CSRF", "1");

        (await alice.SendAsync(request)).Header("Access-Control-Allow-Origin").ShouldBe(personal ? null : "https://evil.example");
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task The_upstream_of_a_route_that_uses_the_session_cannot_clear_the_sites_data(string token, string? policy, bool personal)
    {
        await using var world = await StartAsync(token, policy);
        var alice = await world.LogInAsync();
        world.Api.Answers = context => context.Response.Headers["Clear-Site-Data"] = "\"cookies\"";

        ((await alice.GetAsync("/mine/page")).Header("Clear-Site-Data") is null).ShouldBe(personal);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    [Trait("Standard", "BBA-15")]
    public async Task No_cookie_goes_to_the_upstream_of_a_route_that_uses_the_session(string token, string? policy, bool personal)
    {
        await using var world = await StartAsync(token, policy);
        var alice = await world.LogInAsync();
        alice.Cookies.Set("theme", "dark");

        await alice.GetAsync("/mine/page");

        world.Api.LastCall.Header("Cookie").ShouldBe(personal ? null : "theme=dark");
    }

    private static Task<World> StartAsync(string token, string? policy) => World.StartAsync(
        ("ReverseProxy:Routes:mine:ClusterId", "api"), ("ReverseProxy:Routes:mine:Match:Path", "/mine/{**rest}"),
        ("ReverseProxy:Routes:mine:Metadata:Bff.Token", token), ("ReverseProxy:Routes:mine:AuthorizationPolicy", policy));
}

using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Embedding;

/// <summary>Bff as a part of somebody else's program.</summary>
public sealed class EmbeddingTests
{
    private const string Large = "/local/large";

    /// <summary>To nobody.</summary>
    private static readonly (string Key, string? Value)[] Route =
    [
        ("ReverseProxy:Clusters:api:Destinations:one:Address", "http://127.0.0.1:9"),
        ("ReverseProxy:Routes:api:ClusterId", "api"), ("ReverseProxy:Routes:api:Match:Path", "/api/{**rest}"),
        ("ReverseProxy:Routes:api:AuthorizationPolicy", "default"), ("ReverseProxy:Routes:api:Metadata:Bff.Token", "User"),
    ];

    [Fact]
    public async Task Endpoints_of_the_program_know_the_user_and_are_guarded_like_routes()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder => builder.Services.AddAuthorizationBuilder().AddPolicy("staff", policy => policy.RequireRole("staff")),
            app =>
            {
                var local = app.MapGroup("/local").RequireAuthorization().RequireBffCsrf();
                local.MapGet("/me", (ClaimsPrincipal user) => user.Identity!.Name);
                local.MapGet("/token", (Delegate)((HttpContext context) => context.GetTokenAsync("access_token")));
                local.MapGet("/staff", () => "staff").RequireAuthorization("staff");
                app.MapGet("/page", () => "for anybody");
            });
        using var browser = program.NewBrowser();

        (await browser.GetAsync("/local/me")).ShouldBeProblem(401, "session_required");
        (await browser.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);

        (await browser.GetAsync("/local/me")).Body.ShouldBe("Name of alice");
        (await browser.GetAsync("/local/token")).Body.ShouldBe(program.Provider.Grant.AccessToken!.Value);
        (await browser.GetAsync("/local/staff")).ShouldBeProblem(403, "forbidden");
        (await browser.SendAsync(browser.Bare(HttpMethod.Get, "/local/me"))).ShouldBeProblem(403, "csrf_header_missing");
        (await browser.SendAsync(browser.Bare(HttpMethod.Get, "/page"))).Body.ShouldBe("for anybody");
        (await browser.GetAsync("/bff/session")).Text("name").ShouldBe("Name of alice");
    }

    [Theory]
    [InlineData("00:01:00")]
    [InlineData("00:00:00")]
    public async Task Refresh_and_ID_token_stay_in_the_store(string cacheLifetime)
    {
        await using var program = await EmbeddedProgram.StartAsync(
            _ => { },
            app => app.MapGet("/local/tokens", async (HttpContext context) =>
            {
                string[] names = ["access_token", "refresh_token", "id_token"];
                var known = await Task.WhenAll(names.Select(name => context.GetTokenAsync(name)));
                return string.Join(' ', names.Where((_, at) => known[at] is not null));
            }),
            ("Bff:Sessions:CacheLifetime", cacheLifetime));
        using var browser = await program.LogInAsync();

        (await browser.GetAsync("/local/tokens")).Body.ShouldBe("access_token");
        (await browser.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/local/tokens")).Body.ShouldBe("access_token");
    }

    [Fact]
    public async Task What_is_the_programs_own_stays_as_it_would_be_without_Bff()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder =>
            {
                builder.Services.AddCors(cors => cors.AddPolicy("partners", policy => policy.WithOrigins("https://partner.example")));
                builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = null);
                builder.Services.AddRateLimiter(limiter =>
                {
                    limiter.AddFixedWindowLimiter("once", once => (once.PermitLimit, once.Window) = (1, TimeSpan.FromHours(1)));
                    limiter.OnRejected = (rejected, cancellationToken) =>
                        new(rejected.HttpContext.Response.WriteAsync("the program's own limit", cancellationToken));
                });
            },
            app =>
            {
                app.MapPost(Large, async (HttpRequest request) =>
                {
                    using var copy = new MemoryStream();
                    await request.Body.CopyToAsync(copy);
                    return $"{copy.Length}";
                });
                app.MapGet("/local/json", () => new { Word = (string?)null });
                app.MapGet("/local/broken", string () => throw new InvalidOperationException("The program's own fault."));
                app.MapGet("/partners", () => "for partners").RequireCors("partners");
                app.UseRateLimiter();
                app.MapGet("/local/once", () => "once").RequireRateLimiting("once");
                app.Use((context, next) => context.GetEndpoint() is null ? context.Response.WriteAsync("the program's own answer") : next(context));
            },
            ("Bff:RateLimits:SignIn", "1"));
        using var browser = program.NewBrowser();

        using var upload = browser.Bare(HttpMethod.Post, Large);
        upload.Content = new ByteArrayContent(new byte[200_000]);
        (await browser.SendAsync(upload)).Body.ShouldBe("200000");
        (await browser.GetAsync("/local/json")).Body.ShouldBe("""{"Word":null}""");
        (await browser.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        var broken = await browser.GetAsync("/local/broken");
        (broken.Status, broken.Body).ShouldBe((HttpStatusCode.InternalServerError, ""));
        (await browser.SendAsync(browser.Bare(HttpMethod.Get, "/partners"))).Body.ShouldBe("for partners");
        (await browser.GetAsync("/nowhere")).Body.ShouldBe("the program's own answer");
        (await browser.GetAsync("/bff/nowhere")).ShouldBeProblem(404, "not_found");
        (await browser.GetAsync("/local/once")).Body.ShouldBe("once");
        var spent = await browser.GetAsync("/local/once");
        (spent.Status, spent.Body).ShouldBe((HttpStatusCode.ServiceUnavailable, "the program's own limit"));
        await browser.StepAsync("/bff/login", "*/*");
        (await browser.StepAsync("/bff/login", "*/*")).ShouldBeProblem(429, "too_many_requests");
    }

    [Fact]
    public async Task A_client_of_the_program_calls_with_the_users_token_renewed_in_time_and_never_without()
    {
        string? sent = null;
        await using var program = await EmbeddedProgram.StartAsync(
            builder => builder.Services.AddHttpClient("api").AddBffUserToken(),
            app =>
            {
                app.MapGet("/local/call", (string to, IHttpClientFactory clients) => clients.CreateClient("api").GetStringAsync(new Uri(to)));
                app.MapGet("/moved", (HttpContext context, string to) =>
                {
                    sent = context.Request.Headers.Authorization;
                    return Results.Redirect(to);
                });
            });
        string Call(string to) => "/local/call?to=" + Uri.EscapeDataString(to);
        using var browser = await program.LogInAsync();

        (await browser.GetAsync(Call(program.Api.Address + "/api/echo"))).Body.ShouldBe("alice");

        // Another host, which the first one only points to.
        var elsewhere = program.Api.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/plain";
        (await browser.GetAsync(Call($"{program.Address}moved?to={Uri.EscapeDataString(elsewhere)}"))).Body.ShouldBe("nobody");
        sent.ShouldStartWith("Bearer ");
        program.Api.LastCall.Header("Authorization").ShouldBeNull();

        program.Clock.Advance(program.Provider.Lifetime + TimeSpan.FromSeconds(1));
        var late = browser.GetAsync(Call(program.Api.Address + "/api/echo"));
        await Eventually.HappensAsync(() =>
        {
            if (!late.IsCompleted) { program.Clock.Advance(TimeSpan.FromMilliseconds(5)); }   // who finds the renewal under way polls for its end
            return late.IsCompleted;
        });
        (await late).Body.ShouldBe("alice");
        program.Provider.Refreshes.ShouldBe(1);

        var calls = program.Api.Calls.Count;
        using var stranger = program.NewBrowser();
        (await stranger.GetAsync(Call(program.Api.Address + "/api/echo"))).ShouldBeProblem(401, "session_required");
        program.Api.Calls.Count.ShouldBe(calls, "no call was made");
    }

    [Fact]
    public async Task What_an_API_has_a_client_keep_for_one_user_is_not_sent_for_another()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder => builder.Services.AddHttpClient("api").AddBffUserToken()
                .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false }),
            app => app.MapGet("/local/call", (string to, IHttpClientFactory clients) => clients.CreateClient("api").GetStringAsync(new Uri(to))));
        program.Api.Answers = context => context.Response.Cookies.Append("seen", "alice");
        var call = "/local/call?to=" + Uri.EscapeDataString(program.Api.Address + "/api/echo");
        using var alice = await program.LogInAsync();
        using var bob = program.NewBrowser();
        (await bob.OpenAsync("/bff/login?login_hint=bob")).Status.ShouldBe(HttpStatusCode.Found);

        (await alice.GetAsync(call)).Body.ShouldBe("alice");
        (await bob.GetAsync(call)).Body.ShouldBe("bob");

        program.Api.LastCall.Header("Cookie").ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_default_scheme_of_the_program_is_for_its_own_endpoints(bool asksBeforeBff)
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder => builder.Services.AddAuthentication("theirs").AddCookie("theirs"),
            app => { if (asksBeforeBff) { app.UseAuthentication(); } },
            app =>
            {
                app.MapGet("/local/enter", (HttpContext context) => context.SignInAsync("theirs", new(new ClaimsIdentity("theirs"))));
                app.MapGet("/local/theirs", () => "theirs").RequireAuthorization();
                app.MapGet("/local/ours", (ClaimsPrincipal user) => user.Identity!.Name)
                    .RequireAuthorization(policy => policy.AddAuthenticationSchemes("bff").RequireAuthenticatedUser());
            },
            [
                .. Route, ("ReverseProxy:Routes:shared:ClusterId", "api"), ("ReverseProxy:Routes:shared:Match:Path", "/shared/{**rest}"),
                ("ReverseProxy:Routes:shared:AuthorizationPolicy", "default"), ("ReverseProxy:Routes:shared:Metadata:Bff.Token", "Client"),
            ]);
        using var browser = program.NewBrowser();
        using var mallory = program.NewBrowser();

        (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await browser.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);
        (await mallory.GetAsync("/local/enter")).Status.ShouldBe(HttpStatusCode.OK);

        (await mallory.GetAsync("/local/theirs")).Body.ShouldBe("theirs");
        (await mallory.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await mallory.GetAsync("/shared/echo")).ShouldBeProblem(401, "session_required");
        (await mallory.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        (await browser.GetAsync("/bff/session")).Text("name").ShouldBe("Name of alice");
        (await browser.GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_unavailable");
        (await browser.GetAsync("/local/ours")).Body.ShouldBe("Name of alice");
        (await browser.GetAsync("/local/theirs")).Status.ShouldBe(HttpStatusCode.Found, "its own sign-in");
        (await browser.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Routes_of_the_programs_configuration_are_forwarded()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            _ => { }, _ => { }, Route);
        using var browser = program.NewBrowser();

        (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await browser.OpenAsync("/bff/login?login_hint=alice");
        (await browser.GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_unavailable");
    }

    [Fact]
    public async Task What_the_programs_own_authorization_refuses_is_refused_on_routes_that_want_no_more_than_somebody()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder => builder.Services.AddSingleton<IAuthorizationHandler>(new Curfew("bob")), _ => { }, Route);
        using var alice = await program.LogInAsync();
        using var bob = program.NewBrowser();
        await bob.OpenAsync("/bff/login?login_hint=bob");

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_unavailable");
        (await bob.GetAsync("/api/echo")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_listener_is_told_what_happens_to_sessions_and_its_failures_harm_none()
    {
        var listener = new Listener();
        await using var program = await EmbeddedProgram.StartAsync(builder => builder.Services.AddSingleton<ISessionEvents>(listener), _ => { });
        using var browser = await program.LogInAsync();

        (await browser.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);

        await Eventually.HappensAsync(() => listener.Told.Count == 3, "all is told");
        var session = listener.Told.First().Split(' ')[0];
        listener.Told.ShouldBe([$"{session} of alice started", $"{session} of alice renewed", $"{session} ended: signed_out"]);
        bool IsLogged() => program.Logs.Lines.Count(line => line.Contains("Listener has failed", StringComparison.Ordinal)) == 3;
        await Eventually.HappensAsync(IsLogged, "each failure is logged");
    }

    [Fact]
    public async Task Claims_are_added_at_the_sign_in_and_anew_at_each_renewal()
    {
        var ranks = new Ranks();
        await using var program = await EmbeddedProgram.StartAsync(builder => builder.Services.AddSingleton<IClaimsEnricher>(ranks), _ => { });
        using var browser = await program.LogInAsync();
        async Task<string[]> RanksAsync() => [.. (await browser.GetAsync("/bff/user")).Json.EnumerateArray()
            .Where(claim => claim.GetProperty("type").GetString() == "rank").Select(claim => claim.GetProperty("value").GetString()!)];

        (await RanksAsync()).ShouldBe(["1 of alice"]);
        program.Clock.Advance(TimeSpan.FromMinutes(1));
        (await browser.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await RanksAsync()).ShouldBe(["2 of alice, renewed"]);

        ranks.Fails = true;
        program.Clock.Advance(TimeSpan.FromMinutes(1));
        (await browser.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await RanksAsync()).ShouldBe(["2 of alice, renewed"]);
        program.Provider.Refreshes.ShouldBe(2);

        using var another = program.NewBrowser();
        (await another.OpenAsync("/bff/login?login_hint=bob")).ShouldSay("claims_unavailable");
        another.Session.ShouldBeNull();
        program.Logs.Lines.ShouldContain(line => line.Contains("The database of ranks is away.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true, "builder.AddBff()")]
    [InlineData(true, false, "app.UseBff()")]
    public void Whoever_forgets_a_step_is_told_which(bool adds, bool uses, string missing)
    {
        var builder = WebApplication.CreateBuilder();
        if (adds) { builder.AddBff(); }
        var app = builder.Build();

        Should.Throw<InvalidOperationException>(() => uses ? app.UseBff() : app.MapBff()).Message.ShouldContain(missing);
    }

    [Fact]
    public async Task Whoever_does_a_step_twice_is_told_which()
    {
        await using var program = await EmbeddedProgram.StartAsync(
            builder => Should.Throw<InvalidOperationException>(() => builder.AddBff()).Message.ShouldContain("builder.AddBff() was called already"),
            app =>
            {
                Should.Throw<InvalidOperationException>(app.UseBff).Message.ShouldContain("app.UseBff() was called already");
                Should.Throw<InvalidOperationException>(app.MapBff).Message.ShouldContain("app.MapBff() was called already");
            });
    }

    [Fact]
    public void What_the_program_puts_before_its_pipeline_stays()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddControllers();
        var before = builder.Services.Where(service => service.ServiceType == typeof(IStartupFilter)).ToList();

        builder.AddBff();

        var taken = before.Except(builder.Services).Select(service => service.ImplementationType?.Name ?? "").ToList();
        taken.ShouldNotContain("MiddlewareFilterBuilderStartupFilter");
    }

    [Fact]
    public void A_mistake_of_the_configuration_is_told_by_its_key()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Bff:Oidc:Authority"] = "https://login.example.com", ["Bff:Oidc:ClientId"] = "app", ["Bff:Ops:Url"] = "http://127.0.0.1:3002",
        });
        builder.AddBff();

        Should.Throw<InvalidOperationException>(() => builder.Build().UseBff()).Message.ShouldContain("Bff:Ops: is not a setting.");
    }
}

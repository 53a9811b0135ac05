using System.Net;
using System.Text;

namespace Bff.HostTests;

public sealed class SecretsTests
{
    private static readonly (string, string?)[] LoudestLogs =
    [
        ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Trace"), ("Logging:LogLevel:System.Net.Http.HttpClient", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.Authentication.OpenIdConnect.OpenIdConnectHandler", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.DataProtection", "Trace"),
        ("Logging:Capture:LogLevel:Default", "Trace"), ("Logging:Capture:LogLevel:Microsoft.AspNetCore", "Trace"), ("Logging:Capture:LogLevel:Yarp", "Trace"),
        ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Hosting", "Trace"),
        ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Server.Kestrel.Connections", "Trace"),
        ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Authentication.OpenIdConnect", "Trace"), ("Logging:Capture:LogLevel:System.Net.Http", "Trace"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "BBA-17")]
    [Trait("Standard", "ASVS-6")]
    public async Task No_secret_is_ever_logged_or_shown_to_a_browser_or_stored_in_the_clear(bool opaqueAccessTokens)
    {
        await using var world = await World.StartAsync(LoudestLogs);
        world.Provider.OpaqueAccessTokens = opaqueAccessTokens;

        var browsers = await LiveThroughEverythingAsync(world);

        // Whoever changes this scenario sees that it still makes what it looks for.
        world.Provider.Secrets.Select(secret => secret.Kind).Distinct()
            .ShouldBe(["client secret", "code", "sid", "access token", "ID token", "refresh token"], ignoreOrder: true);
        world.Provider.Secrets.Count.ShouldBeGreaterThan(20);
        world.Bff.Logs.Lines.Count.ShouldBeGreaterThan(200);
        world.Bff.Logs.Lines.ShouldContain(line => line.StartsWith("Trace", StringComparison.Ordinal));
        var cookies = browsers.SelectMany(browser => browser.Received).SelectMany(answer => answer.SetCookies)
            .Where(line => line.StartsWith(Browser.SessionCookie + "=", StringComparison.Ordinal))
            .Select(line => new Secret("session cookie", line.Split('=', ';')[1])).Where(cookie => cookie.Value.Length > 0).ToList();
        cookies.Count.ShouldBeGreaterThan(2);

        var logs = string.Join('\n', world.Bff.Logs.Lines);
        Found(logs, [.. world.Provider.Secrets, .. cookies]).ShouldBeEmpty();
        var console = string.Join('\n', world.Bff.Console.Lines);
        console.ShouldStartWith("{\"Timestamp\":");
        Found(console, [.. world.Provider.Secrets, .. cookies]).ShouldBeEmpty();
        var browsed = string.Join('\n', browsers.SelectMany(browser => browser.Received).Select(Everything));
        Found(browsed, world.Provider.Secrets.Where(secret => secret.Kind is not ("code" or "sid"))).ShouldBeEmpty();
        Found(browsed, world.Provider.Secrets.Where(secret => secret.Kind is "code"))
            .ShouldNotBeEmpty("a code does pass through the browser, so this search finds what is there");
        Found(FilesOf(world.Folder), [.. world.Provider.Secrets.Where(secret => secret.Kind is not "sid"), .. cookies]).ShouldBeEmpty();
    }

    /// <summary>Whoever has begun a sign-in can send its callback with any text; a page of ours can be asked for with any, too.</summary>
    [Fact]
    [Trait("Standard", "HARD-14")]
    public async Task What_a_caller_says_is_never_logged_as_they_said_it()
    {
        await using var world = await World.StartAsync([.. LoudestLogs, ("AllowedHosts", "localhost")]);
        var stranger = world.NewBrowser();
        var marks = new[] { "forged-line", "\u001b[2J", new string('A', 300) };
        var rubbish = Uri.EscapeDataString("x\nfail: Bff.Audit[1] forged-line \u001b[2J\u001b[31m \u202E" + new string('A', 5000));
        foreach (var parameter in new[] { "error", "error_description", "error_uri", "code", "iss", "session_state", "id_token", "access_token" })
        {
            var callback = await stranger.GoToCallbackAsync("/bff/login?prompt=none");
            await stranger.StepAsync(
                new Uri(
                    $"{(parameter == "error" ? callback.AbsoluteUri.Replace("error=login_required", "x=y", StringComparison.Ordinal) : callback)}&{parameter}={rubbish}"));
            await stranger.StepAsync($"/signin-oidc?{parameter}={rubbish}&state=forged");
        }

        var cookies = stranger.Cookies.Names().ToList();
        foreach (var path in new[]
        {
            "/signin-oidc?state=" + rubbish, "/signout-callback-oidc?state=" + rubbish, "/bff/login?returnUrl=" + rubbish, "/bff/login?returnUrl=/"
                + Uri.EscapeDataString("forged-line" + new string('A', 5000)),
            // the path is in the scope of every line of a request, encoded and as long as a request line may be
            "/bff/login?prompt=" + rubbish, "/bff/user?slide=" + rubbish, "/bff/logout?sid=" + rubbish, "/nowhere/x%0afail%1b[2J", "/api/x%0afail%1b[2J",
            "/bff/events?x=" + rubbish,
        })
        {
            var request = stranger.Script(HttpMethod.Get, path);
            request.Headers.Remove("Origin");
            request.Headers.TryAddWithoutValidation("Origin", "http://forged-line-\u001b[2J" + new string('A', 300));
            request.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "forged-line");
            request.Headers.TryAddWithoutValidation("Last-Event-ID", "forged-line");
            request.Headers.TryAddWithoutValidation("Referer", "http://forged-line.example/");
            await stranger.SendAsync(request);
        }

        cookies.ShouldAllBe(name => !name.Contains("forged", StringComparison.Ordinal));
        var lines = world.Bff.Logs.Lines.Concat(world.Bff.Console.Lines).ToList();
        lines.ShouldContain(line => line.Contains("A sign-in failed", StringComparison.Ordinal));
        lines.Where(
            line =>
                marks.Any(mark => line.Contains(mark, StringComparison.Ordinal)) && !IsCutAndEscaped(line)).Select(line =>
                    line[..Math.Min(line.Length, 400)]).ShouldBeEmpty();
    }

    /// <summary>Our own line about what the provider said: its text is in it, on one line, escaped and short.</summary>
    private static bool IsCutAndEscaped(string line) =>
        line.Contains("Bff.Login.OidcEvents", StringComparison.Ordinal) && line.Length < 3000
        && !line.TrimEnd().Contains('\n', StringComparison.Ordinal) && !line.Contains('\u001b', StringComparison.Ordinal)
        && !line.Contains('\u202E', StringComparison.Ordinal);

    private static async Task<List<Browser>> LiveThroughEverythingAsync(World world)
    {
        var alice = await world.LogInAsync("alice");
        var bob = await world.LogInAsync("bob");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { "/bff/session", "/bff/user", "/open/echo", "/plain/echo", "/nowhere" }) { await alice.GetAsync(path); }
        await alice.PostAsync("/bff/renew");
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        world.Provider.GoDown();
        await alice.PostAsync("/bff/renew");
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        await alice.GetAsync("/api/echo");
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_client","error_description":"no"}""");
        await world.AdvanceAsync(TimeSpan.FromSeconds(70));
        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromSeconds(70));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);

        await alice.OpenAsync("/bff/silent-login");
        await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"));
        var callback = await alice.GoToCallbackAsync("/bff/login");
        await bob.StepAsync(callback);
        await alice.StepAsync(callback);
        await alice.StepAsync(callback);

        var carol = world.NewBrowser();
        world.Provider.ShapeIdToken = claims => claims["aud"] = "somebody-else";
        await carol.OpenAsync("/bff/login?login_hint=carol");
        world.Provider.ShapeIdToken = _ => { };
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = "mac";
        await carol.OpenAsync("/bff/login?login_hint=carol");
        world.Provider.ShapeTokenAnswer = _ => { };
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, SigningKey.Number(3));
        await carol.OpenAsync("/bff/login?login_hint=carol");
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, world.Provider.Key);
        world.Provider.Faults.AnswerWith(200, """{"access_token":""");
        await carol.OpenAsync("/bff/login?login_hint=carol");
        world.Provider.ComeBack();

        world.Api.Answers = context => context.Response.StatusCode = 500;
        await alice.GetAsync("/api/echo");
        world.Provider.Grants.ToList().ForEach(grant => grant.Over = grant.Subject == "bob");
        await bob.PostAsync("/bff/renew");
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        return [alice, bob, carol];
    }

    private static string Everything(Answer answer) =>
        answer.Body + "\n" + string.Join('\n', answer.Headers.Select(header => header.Key + ": " + string.Join("\n", header.Value)));

    private static string FilesOf(string folder)
    {
        var text = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            text.Append(reader.ReadToEnd());
        }

        text.Length.ShouldBeGreaterThan(4096);
        return text.ToString();
    }

    /// <summary>Which secrets occur, as they are or escaped for a URL; only a part of each is told, because this is printed.</summary>
    private static List<string> Found(string text, IEnumerable<Secret> secrets) => [.. secrets
        .Where(secret => text.Contains(secret.Value, StringComparison.Ordinal) || text.Contains(Uri.EscapeDataString(secret.Value), StringComparison.Ordinal))
        .Select(secret => $"{secret.Kind} {secret.Value[..8]}… in: {Around(text, secret.Value)}")];

    private static string Around(string text, string value)
    {
        var at = Math.Max(0, text.IndexOf(value, StringComparison.Ordinal));
        return text[Math.Max(0, at - 200)..at];
    }
}

using System.Net;
using System.Text;

namespace Bff.HostTests;

[Trait("Standard", "ASVS-no-token-in-logs")]
[Trait("Standard", "BBA-17")]
public sealed class SecretsTests
{
    private static readonly (string, string?)[] LoudestLogs =
    [
        ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Trace"), ("Logging:LogLevel:System.Net.Http.HttpClient", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.Authentication.OpenIdConnect.OpenIdConnectHandler", "Trace"),
        ("Logging:LogLevel:Microsoft.AspNetCore.DataProtection", "Trace"),
        ("Logging:Capture:LogLevel:Default", "Trace"), ("Logging:Capture:LogLevel:Microsoft.AspNetCore", "Trace"), ("Logging:Capture:LogLevel:Yarp", "Trace"),
        ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Hosting", "Trace"), ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Server.Kestrel.Connections", "Trace"),
        ("Logging:Capture:LogLevel:Microsoft.AspNetCore.Authentication.OpenIdConnect", "Trace"), ("Logging:Capture:LogLevel:System.Net.Http", "Trace"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
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

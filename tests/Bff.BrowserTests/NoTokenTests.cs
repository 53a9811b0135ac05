using System.Text.RegularExpressions;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>The promise of the whole thing: Bff has the tokens, and nobody else sees one except the API.</summary>
public sealed partial class NoTokenTests(Chromium chromium)
{
    private const int Generations = 4; // sign-in, button, background, silent sign-in

    private static readonly (string, string)[] EveryLogLine = [("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft.AspNetCore", "Trace")];

    [Fact]
    [Trait("Standard", "BBA-17")]
    [Trait("Standard", "SEC-6")]
    public async Task No_token_is_anywhere_in_the_browser_or_on_its_wire_or_in_a_log()
    {
        await using var demo = await Demo.StartAsync(bffSettings: EveryLogLine);
        await using var wire = await Wiretap.StartAsync();
        await using var alice = await chromium.VisitAsync(proxy: wire.Address);
        var tokens = new List<SessionDatabase.Tokens>();

        var messages = await alice.OverhearMessagesAsync();
        await alice.SignInAsync("alice");
        tokens.Add(demo.Sessions.Only().Tokens);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await alice["#renew"].ClickAsync();
        await alice.SeesRenewalsAsync(1);
        tokens.Add(demo.Sessions.Only().Tokens);
        await alice.SeesRenewalsAsync(2);
        tokens.Add(demo.Sessions.Only().Tokens);
        await alice.RunAsync<bool>("async () => { await (await import('/bff.js')).silentLogin(); return true; }");
        tokens.Add(demo.Sessions.Only().Tokens);
        var echo = await alice.RunAsync<string>("async () => (await (await import('/bff.js')).fetch('/api/echo')).text()");
        await alice["#profile"].ClickAsync();
        await Expect(alice["#claims tbody tr", "email"]).ToContainTextAsync("alice@demo.example");

        var cookie = (await alice.CookieAsync())!.Value;
        var memory = await BrowserMemory.HeapAsync(alice);
        var page = await BrowserMemory.ReachableAsync(alice);
        (await BrowserMemory.StoredAsync(alice)).ShouldBeEmpty();
        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");
        var codes = Code().Matches(wire.Tape).Select(match => match.Groups[1].Value).Distinct().ToList();

        // The net has no hole: what should be there is found.
        tokens.Select(generation => generation.AccessToken).Distinct().Count().ShouldBe(Generations);
        tokens.Select(generation => generation.RefreshToken).Distinct().Count().ShouldBe(Generations);
        codes.Count.ShouldBe(2); // the sign-in and the silent one
        echo.ShouldContain(Secret.Fingerprint(tokens[^1].AccessToken));
        wire.Tape.ShouldContain(cookie);
        wire.Tape.ShouldContain("alice@demo.example");
        memory.ShouldContain("Alice Adams");
        page.ShouldContain("Alice Adams");
        messages.ShouldContain(message => message.Contains("bff:silent", StringComparison.Ordinal));
        messages.ShouldContain(message => message.Contains("accessTokenExpiresAt", StringComparison.Ordinal));

        var logs = demo.Processes.Select(process => (process.Name, process.Output)).ToList();
        logs.ShouldAllBe(log => log.Output.Length > 0);
        var inTheBrowser = new[]
        {
            ("the wire", wire.Tape), ("the page", page), ("the page's memory", memory), ("the console", string.Join('\n', alice.Console)),
            ("messages between windows and tabs", string.Join('\n', messages)),
        };
        Secret.PlacesOf(tokens.SelectMany(generation => generation.Values), [.. logs, .. inTheBrowser]).ShouldBeEmpty("tokens");
        Secret.PlacesOf([.. codes, cookie], logs).ShouldBeEmpty("codes or the cookie");
        alice.Faults.ShouldBeEmpty();
    }

    [GeneratedRegex(@"/signin-oidc\?(?:[^\s&]*&)*code=([^\s&]+)")]
    private static partial Regex Code();
}

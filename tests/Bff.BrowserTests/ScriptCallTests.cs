using System.Diagnostics;
using Bff.BrowserTests.World;
using Microsoft.Playwright;

namespace Bff.BrowserTests;

/// <summary>Calls by <c>bff.fetch</c> and the invisible frame, where the answers are made up; and the script's own tests, which need no browser.</summary>
public sealed class ScriptCallTests(Chromium chromium, Firefox firefox)
{
    private const string Importing = "import * as bff from '/bff.js'; window.bff = bff; window.ready = true;";

    [Fact]
    public async Task Its_own_tests_in_node_pass()
    {
        using var node = Process.Start(
            new ProcessStartInfo("npm", ["test", "--silent"]) { WorkingDirectory = SourceTree.FolderOf("bff-js"), RedirectStandardOutput = true })!;
        var said = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, said);
        said.ShouldNotContain("# pass 0");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task It_takes_a_Request_and_repeats_it_whole(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var alice = await VisitAsync(engine, bff, bff.Url);

        (await alice.RunAsync<string>("async () => (await window.bff.fetch(new Request('/api/echo', { method: 'PUT', body: 'one book' }))).text()"))
            .ShouldBe("one book");

        bff.Count("/api/echo").ShouldBe(2);
        (await alice.RunAsync<string>("() => window.bff.fetch('/api/echo', { body: 'x' }).catch(({ name }) => name)")).ShouldBe("TypeError");
        (await alice.RunAsync<string>("() => window.bff.fetch('http://127.0.0.1:1/').catch(({ name }) => name)")).ShouldBe("TypeError");
    }

    /// <summary>As of a proxy while Bff restarts: an answer, but without a word of CORS.</summary>
    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task An_answer_that_is_not_Bffs_own_word_on_the_origin_is_no_answer(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        await using var alice = await VisitAsync(engine, bff, bff.ForeignUrl);

        var code = await alice.RunAsync<string>(
            "(url) => { window.bff.configure({ url }); return window.bff.fetch('/api/private').catch(({ code }) => code); }", bff.Url);

        code.ShouldBe("unreachable");
        bff.Count("/bff/session").ShouldBeGreaterThan(0, "it was asked");
    }

    [Theory]
    [InlineData("chromium", true)]
    [InlineData("chromium", false)]
    [InlineData("firefox", true)]
    [InlineData("firefox", false)]
    public async Task A_silent_page_that_is_the_application_is_noticed(string engine, bool withTheScript)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.User = null;
        bff.SilentPage = withTheScript ? PretendBff.Page : "<!doctype html><title>Another page</title>";
        await using var visitor = await VisitAsync(engine, bff, bff.Url, Importing + " await bff.fetch('/api/private');");

        await Eventually.HappensAsync(() => bff.Count("/silent") > 0, "the frame ends there");
        var code = await visitor.RunAsync<string>("() => window.bff.silentLogin().catch(({ code }) => code)");

        code.ShouldBe("silent_page_missing");
        visitor.Console.ShouldContain(line => line.Contains("silent.html", StringComparison.Ordinal));
        bff.Count("/api/private").ShouldBe(1, "the application in the frame calls nobody");
        (await visitor.RunAsync<int>("() => document.querySelectorAll('iframe').length")).ShouldBe(0);

        if (!withTheScript) { return; }
        bff.User = "Alice";
        (await visitor.RunAsync<string>("async () => (await window.bff.silentLogin()).name")).ShouldBe("Alice", "it has worked all the same");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_page_may_do_without_the_invisible_frame(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.User = null;
        await using var visitor = await VisitAsync(engine, bff, bff.Url);

        (await visitor.RunAsync<int>("async () => { window.bff.configure({ silentSignIn: false }); return (await window.bff.fetch('/api/private')).status; }"))
            .ShouldBe(401);

        bff.Count("/bff/silent-login").ShouldBe(0);
    }

    private async Task<Visitor> VisitAsync(string engine, PretendBff bff, string url, string script = Importing)
    {
        bff.Script = script;
        var visitor = await (engine == "chromium" ? (Engine)chromium : firefox).VisitAsync(url: url);
        await Eventually.HappensAsync(() => visitor.RunAsync<bool>("() => window.ready === true"), "the page's code runs");
        return visitor;
    }
}

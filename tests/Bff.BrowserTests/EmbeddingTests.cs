using System.IO.Compression;
using System.Text;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>Bff in programs of other people, who have nothing but the packed files.</summary>
public sealed class EmbeddingTests(Chromium chromium)
{
    [Fact]
    public async Task The_sample_of_the_docs_and_what_the_template_makes_sign_a_user_in_and_call_for_them()
    {
        await using var programs = await PackedPrograms.StartAsync();
        await using var alice = await chromium.VisitAsync(url: PackedPrograms.TemplateUrl);

        await Expect(alice["#said"]).ToHaveTextAsync("Nobody is signed in.");
        await alice["#sign-in"].ClickAsync();
        await alice["#username"].FillAsync("alice");
        await alice["#password"].FillAsync("alice");
        await alice["#login-submit"].ClickAsync();
        await alice["#consent-allow"].ClickAsync();
        await Expect(alice["#said"]).ToHaveTextAsync("Hello, Alice Adams.");

        // The sample has no page, and its cookie would be the template's: browsers do not tell ports apart.
        await alice.Profile.ClearCookiesAsync(new() { Name = Visitor.SessionCookie });
        await alice.Page.GotoAsync(PackedPrograms.SampleUrl + "/bff/login?returnUrl=/bff/user");
        await alice["#consent-allow"].ClickAsync();
        await Expect(alice.Page).ToHaveURLAsync(PackedPrograms.SampleUrl + "/bff/user");
        (await GetAsync(alice, "/local/me")).ShouldBe((200, "Alice Adams, staff: True"));
        (await GetAsync(alice, "/local/staff")).ShouldBe((200, "Only for staff."));
        var orders = await GetAsync(alice, "/local/orders");
        (orders.Status, orders.Body.Contains("Hello from the private endpoint", StringComparison.Ordinal)).ShouldBe((200, true), orders.Body);
        alice.Faults.ShouldBeEmpty();

        ThePackagesAreWhole(programs.Feed);
    }

    private static async Task<(int Status, string Body)> GetAsync(Visitor visitor, string path)
    {
        var response = await visitor.Profile.APIRequest.GetAsync(
            PackedPrograms.SampleUrl + path, new() { Headers = new Dictionary<string, string> { ["X-CSRF"] = "1" } });
        return (response.Status, await response.TextAsync());
    }

    private static void ThePackagesAreWhole(string feed)
    {
        var files = Directory.GetFiles(feed).Select(Path.GetFileName).ToList();
        files.Count.ShouldBe(3, string.Join(", ", files));
        files.ShouldContain(file => file!.EndsWith(".snupkg", StringComparison.Ordinal));
        using var package = ZipFile.OpenRead(Directory.GetFiles(feed, "Bff.AspNetCore.*.nupkg").Single());
        package.Entries.Select(entry => entry.FullName)
            .Where(name => !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.EndsWith(".psmdcp", StringComparison.Ordinal))
            .ShouldBe(
                ["[Content_Types].xml", "Bff.AspNetCore.nuspec", "README.md", "icon.png", "lib/net10.0/Bff.AspNetCore.dll", "lib/net10.0/Bff.AspNetCore.xml"],
                ignoreOrder: true);
        if (Environment.GetEnvironmentVariable("CI") != "true") { return; }   // elsewhere a debugger finds the sources by their paths
        using var assembly = package.GetEntry("lib/net10.0/Bff.AspNetCore.dll")!.Open();
        using var content = new MemoryStream();
        assembly.CopyTo(content);
        content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(SourceTree.Root + "/")).ShouldBe(-1, "no folder of this machine is in it");
    }
}

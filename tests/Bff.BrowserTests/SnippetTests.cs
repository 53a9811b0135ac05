using System.Diagnostics;
using System.Text.RegularExpressions;
using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>What README and <c>docs</c> show of a page's code is good TypeScript for the types that come with the script.</summary>
public sealed partial class SnippetTests
{
    private static readonly string[] Languages = ["js", "jsx", "ts", "tsx", "html"];

    [Fact]
    public async Task Every_snippet_of_the_documentation_compiles_under_strict()
    {
        var folder = Directory.CreateTempSubdirectory("bff-snippets-");
        try
        {
            var snippets = Documentation.Pages.SelectMany(Documentation.Blocks).Where(block => Languages.Contains(block.Language) && !block.IsOld).ToList();
            snippets.Count.ShouldBeGreaterThan(15);
            foreach (var snippet in snippets) { await WriteAsync(folder.FullName, snippet); }
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "tsconfig.json"), (await File.ReadAllTextAsync(Template)).Replace("../../..", SourceTree.Root, StringComparison.Ordinal));

            (await CompileAsync(folder.FullName)).ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Template => SourceTree.NodeModule("../types/snippets/tsconfig.json");

    /// <summary>As <c>docs-page.md.ts</c> for each of its snippets, on the very lines it has in the page.</summary>
    private static Task WriteAsync(string folder, Documentation.CodeBlock snippet)
    {
        var (extension, code) = snippet.Language == "html" ? ("js", OnlyScripts(snippet.Code)) : (snippet.Language, snippet.Code);
        var name = $"{snippet.Page.Replace('/', '-')}.{snippet.Line + 1}.{extension}";
        return File.WriteAllTextAsync(Path.Combine(folder, name), new string('\n', snippet.Line) + code);
    }

    /// <summary>Everything else becomes empty, so that lines stay where they are.</summary>
    private static string OnlyScripts(string html)
    {
        var code = html.Select(c => c == '\n' ? '\n' : ' ').ToArray();
        foreach (var script in Script().Matches(html).Select(match => match.Groups["code"])) { script.Value.CopyTo(code.AsSpan(script.Index)); }
        return new string(code);
    }

    private static async Task<string> CompileAsync(string folder)
    {
        using var compiler = Process.Start(new ProcessStartInfo("node", [SourceTree.NodeModule("typescript/bin/tsc"), "--project", folder])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        })!;
        var complaints = await compiler.StandardOutput.ReadToEndAsync();
        await compiler.WaitForExitAsync();
        return complaints;
    }

    [GeneratedRegex("<script(?![^>]*src=)[^>]*>(?<code>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Script();
}

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

            // Plain JavaScript cannot name the type of a parameter.
            (await CompileAsync(folder.CreateSubdirectory("js"), "--noImplicitAny", "false")).ShouldBeEmpty();
            (await CompileAsync(folder.CreateSubdirectory("ts"))).ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Template => SourceTree.NodeModule("../types/snippets/tsconfig.json");

    /// <summary>On the very lines it has in the page.</summary>
    private static Task WriteAsync(string folder, Documentation.CodeBlock snippet)
    {
        var (extension, code) = snippet.Language == "html" ? ("js", OnlyScripts(snippet.Code)) : (snippet.Language, snippet.Code);
        var name = $"{snippet.Page.Replace('/', '-')}.{snippet.Line + 1}.{extension}";
        var project = Directory.CreateDirectory(Path.Combine(folder, extension[..2]));
        var lines = new string('\n', snippet.Line) + code.Replace("\"./bff.js\"", "'bff-js'", StringComparison.Ordinal);
        return File.WriteAllTextAsync(Path.Combine(project.FullName, name), lines);
    }

    /// <summary>Everything else becomes empty, so that lines stay where they are.</summary>
    private static string OnlyScripts(string html)
    {
        var code = html.Select(c => c == '\n' ? '\n' : ' ').ToArray();
        foreach (var script in Script().Matches(html).Select(match => match.Groups["code"])) { script.Value.CopyTo(code.AsSpan(script.Index)); }
        return new string(code);
    }

    private static async Task<string> CompileAsync(DirectoryInfo project, params string[] more)
    {
        var settings = await File.ReadAllTextAsync(Template);
        await File.WriteAllTextAsync(
            Path.Combine(project.FullName, "tsconfig.json"), settings.Replace("../../../..", SourceTree.Root, StringComparison.Ordinal));
        string[] arguments = [SourceTree.NodeModule("typescript/bin/tsc"), "--project", project.FullName, .. more];
        using var compiler = Process.Start(new ProcessStartInfo("node", arguments)
        {
            RedirectStandardOutput = true,
            WorkingDirectory = project.FullName,
        })!;
        var complaints = await compiler.StandardOutput.ReadToEndAsync();
        await compiler.WaitForExitAsync();
        return complaints;
    }

    [GeneratedRegex("<script(?![^>]*src=)[^>]*>(?<code>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Script();
}

using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>axe-core's judgement of a page.</summary>
internal static class Axe
{
    private static readonly string Script = File.ReadAllText(SourceTree.NodeModule("axe-core/axe.min.js"));

    /// <summary>Finds nothing against WCAG 2.2 AA, in light and in dark colours.</summary>
    public static async Task IsAccessibleAsync(this Visitor visitor)
    {
        await visitor.Page.EvaluateAsync(Script);
        foreach (var colours in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = colours, ReducedMotion = ReducedMotion.Reduce });
            var findings = await visitor.RunAsync<string[]>(
                """
                async () => {
                  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
                  const { violations } = await axe.run({ runOnly: rules });
                  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
                }
                """);
            findings.ShouldBeEmpty($"in {colours} colours");
        }
    }
}

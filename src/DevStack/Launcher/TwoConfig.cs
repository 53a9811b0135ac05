using DevStack.Hosting;

namespace DevStack.Launcher;

/// <summary>Bff's settings with <c>--two</c>: a copy of <c>two.json</c>, written anew at each start, to be edited while the demo runs.</summary>
internal static class TwoConfig
{
    private const string SchemaFromTemplate = "\"../../bff.schema.json\"";
    private const string SchemaFromCopy = "\"../../../bff.schema.json\"";

    public static string Path { get; } = System.IO.Path.Combine(SourceTree.ContentRoot, "data", "bff.json");

    public static void Write()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var template = File.ReadAllText(System.IO.Path.Combine(SourceTree.ContentRoot, "two.json"));
        File.WriteAllText(Path, template.Replace(SchemaFromTemplate, SchemaFromCopy, StringComparison.Ordinal));
    }
}

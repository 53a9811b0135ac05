namespace Bff.Tests.Documentation;

/// <summary>The files of this repository, as they are in the work tree.</summary>
internal static class Repository
{
    public static readonly string Root = Find(AppContext.BaseDirectory);

    /// <summary>Of the product, below <c>src</c>.</summary>
    private static readonly string[] Projects = ["Bff.AspNetCore", "Bff"];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public const string HowToWrite =
        "BFF_WRITE_DOCS=1 dotnet run --project tests/Bff.Tests -- --filter-namespace 'Bff.Tests.Documentation' brings it up to date";

    /// <summary>Brings a file up to date that is made from the program, when the environment asks for it.</summary>
    public static void WriteIfAsked(string path, string text)
    {
        if (Environment.GetEnvironmentVariable("BFF_WRITE_DOCS") == "1") { File.WriteAllText(Path.Combine(Root, path), text); }
    }

    /// <summary>The pages for readers: those at the root, and all of docs.</summary>
    public static IReadOnlyList<string> Pages() =>
        [.. Directory.GetFiles(Root, "*.md"), .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)];

    /// <summary>The product's source, without what the build makes.</summary>
    public static IEnumerable<string> Sources() => Projects
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories))
        .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"));

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}

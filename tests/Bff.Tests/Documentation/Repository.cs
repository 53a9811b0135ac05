namespace Bff.Tests.Documentation;

/// <summary>The files of this repository, as they are in the work tree.</summary>
internal static class Repository
{
    public static readonly string Root = Find(AppContext.BaseDirectory);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The product's source, without what the build makes.</summary>
    public static IEnumerable<string> Sources() => Directory.EnumerateFiles(Path.Combine(Root, "src", "Bff"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"));

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}

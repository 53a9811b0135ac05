namespace Bff.BrowserTests.World;

/// <summary>Where the programs are, seen from <c>tests/Bff.BrowserTests/bin/Debug/net10.0</c>.</summary>
internal static class SourceTree
{
    private static readonly DirectoryInfo Output = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    public static readonly string Root = Path.GetFullPath(Path.Combine(Output.FullName, "../../../../.."));

    /// <summary>What the tests were built as.</summary>
    public static readonly string Configuration = Output.Parent!.Name;

    public static string FolderOf(string project) => Path.Combine(Root, "src", project);

    /// <summary>What npm has fetched for the tests.</summary>
    public static string NodeModule(string path) => Path.Combine(Root, "tests", "Bff.BrowserTests", "node_modules", path);

    /// <summary>
    /// As published in the folder that <c>BFF_PROGRAMS</c> names, where it needs half of the time to start; else from the same kind of build as the tests.
    /// </summary>
    public static string ProgramOf(string project) => Environment.GetEnvironmentVariable("BFF_PROGRAMS") is { Length: > 0 } published
        ? Path.Combine(Path.GetFullPath(published, Root), project, project + ".dll")
        : BuiltProgramOf(project);

    /// <summary>From the same kind of build as the tests, in the source tree.</summary>
    public static string BuiltProgramOf(string project) => Path.Combine(FolderOf(project), "bin", Output.Parent!.Name, Output.Name, project + ".dll");

    /// <summary>The page's script where a page's bundler looks for what npm has installed.</summary>
    public static void CopyScriptPackageTo(string folder)
    {
        var package = FolderOf("bff-js");
        string[] files = [Path.Combine(package, "package.json"), .. FilesIn("dist"), .. FilesIn("src")];
        foreach (var file in files)
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(package, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string[] FilesIn(string part) => Directory.GetFiles(Path.Combine(package, part));
    }
}

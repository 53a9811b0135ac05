namespace Bff.BrowserTests.World;

/// <summary>Where the programs are, seen from <c>tests/Bff.BrowserTests/bin/Debug/net10.0</c>.</summary>
internal static class SourceTree
{
    private static readonly DirectoryInfo Output = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    public static readonly string Root = Path.GetFullPath(Path.Combine(Output.FullName, "../../../../.."));

    public static string FolderOf(string project) => Path.Combine(Root, "src", project);

    /// <summary>What npm has fetched for the tests.</summary>
    public static string NodeModule(string path) => Path.Combine(Root, "tests", "Bff.BrowserTests", "node_modules", path);

    /// <summary>From the same kind of build as the tests.</summary>
    public static string ProgramOf(string project) => Path.Combine(FolderOf(project), "bin", Output.Parent!.Name, Output.Name, project + ".dll");

    /// <summary>The page's script as a package of npm would bring it.</summary>
    public static void CopyScriptPackageTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(FolderOf("SpaStatic"), "wwwroot", "bff.js"), Path.Combine(folder, "index.js"));
        File.WriteAllText(Path.Combine(folder, "package.json"), """{ "name": "bff-js", "type": "module", "exports": "./index.js" }""");
    }
}

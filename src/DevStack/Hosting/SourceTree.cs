namespace DevStack.Hosting;

/// <summary>Where things lie on disk: built in the source tree (<c>src/X/bin/Debug/net10.0</c>) or published into one folder.</summary>
internal static class SourceTree
{
    private static readonly DirectoryInfo Output = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>The project's folder or, published, the program's.</summary>
    public static string ContentRoot { get; } = FindContentRoot();

    /// <summary>The folder of another project beside this one.</summary>
    public static string ProjectFolder(string project) => Path.Combine(Directory.GetParent(ContentRoot)!.FullName, project);

    /// <summary>The program of another project, from the same kind of build as this one.</summary>
    public static string ProgramOf(string project) =>
        Path.Combine(ProjectFolder(project), "bin", Output.Parent!.Name, Output.Name, project + ".dll");

    private static string FindContentRoot()
    {
        var project = Output.Parent?.Parent?.Parent;
        return project is not null && File.Exists(Path.Combine(project.FullName, "DevStack.csproj")) ? project.FullName : Output.FullName;
    }
}

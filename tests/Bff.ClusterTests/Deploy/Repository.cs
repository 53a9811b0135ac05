namespace Bff.ClusterTests.Deploy;

internal static class Repository
{
    /// <summary>Where the solution is, above the folder the tests run from.</summary>
    public static readonly string Root = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "Bff.sln")) ? folder.FullName : Find(folder.Parent!);
}

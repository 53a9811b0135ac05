using DevStack.Hosting;

namespace DevStack.Provider.Storage;

/// <summary>The folder that outlives a restart. Only its owner can look inside, on systems that know file modes.</summary>
internal sealed class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;

    public DataDirectory(DevStackOptions options)
    {
        _path = Path.Combine(SourceTree.ContentRoot, options.DataDirectory);
        CreateFolder(_path);
    }

    public string File(string name) => Path.Combine(_path, name);

    public DirectoryInfo Folder(string name) => CreateFolder(Path.Combine(_path, name));

    /// <summary>Opens a file of ours for writing; made now, it is readable by its owner only.</summary>
    public FileStream Open(string name, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(File(name), options);
    }

    private static DirectoryInfo CreateFolder(string path) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(path)
        : Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
}

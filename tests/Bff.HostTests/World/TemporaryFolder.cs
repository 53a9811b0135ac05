namespace Bff.HostTests;

/// <summary>For files a test gives to the proxy.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-host-tests-");

    public string FullName => _folder.FullName;

    /// <returns>The file's path.</returns>
    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    public void Dispose() => Delete(_folder.FullName);

    /// <summary>A thread that gave up waiting for a disk, or a child that is being ended, may write one file more while the folder is emptied.</summary>
    public static void Delete(string folder)
    {
        for (var left = 10_000; ; left--)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (left > 0)
            {
                Thread.Yield();
            }
        }
    }
}

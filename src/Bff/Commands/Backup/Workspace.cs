using Bff.Configuration;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sqlite;

namespace Bff.Commands.Backup;

/// <summary>A folder beside the store, the owner's alone, for what must not lie open anywhere else; gone when the command ends.</summary>
internal sealed class Workspace : IDisposable
{
    private const string Prefix = "bff-";

    private readonly DirectoryInfo _folder;

    public Workspace(StoreFiles store, string purpose) =>
        _folder = SqliteDatabase.PrivateFolder(Path.Combine(Path.GetDirectoryName(store.Database)!, $"{Prefix}{purpose}-{Guid.NewGuid():N}"));

    public string FullName => _folder.FullName;

    public string PathOf(string name) => Path.Combine(FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);

    public static FileStream CreatePrivate(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows()) { options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; }
        return new FileStream(file, options);
    }

    /// <summary>Everything but the proxy, and the store left as it is: neither made nor migrated.</summary>
    public static async Task<WebApplication> OpenAsync(WebApplicationBuilder builder)
    {
        builder.Logging.KeepAuditOnly();
        var app = builder.Build();
        await app.CheckConfigurationAsync();
        return app;
    }

    public static Task<int> RefuseServerAsync(string server, string instead) => FailAsync(
        $"The sessions are in {server} (Bff:Sessions:Store), and the keys are in the same database: use its own tools, whether or not Bff is running.\n"
        + $"  {instead}\nSee \"Backup and restore\" in docs/operations.md, also for what to do with sessions renewed since.");

    public static async Task<int> FailAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return ExitCodes.NotDone;
    }
}

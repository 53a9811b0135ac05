using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Stores;

/// <summary>
/// Notices that the file was deleted, moved or replaced while it is open: SQLite would go on with a file that has no name any longer, and all of it would be gone
/// with the next start. What was deleted is written back from the open handle; a file that was put in its place is taken.
/// </summary>
internal sealed class SqliteFile(string path, string connectionString) : IDisposable
{
    private readonly Lock _lock = new();
    private FileStream? _held;
    private string? _name;
    private SqliteConnection? _keeper;

    /// <summary>The file is as it should be; from now on it has to stay there.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            // Never closed while others are open: closing any handle of a file drops the locks this process holds on it (POSIX).
            if (_held is not null) { return; }
            _held = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            _name = NameOf(_held);
            _keeper = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
            _keeper.Open();
            _keeper.Read("SELECT COUNT(*) FROM sqlite_master");   // opens the file and its log
        }
    }

    public void Dispose() => LetGo();

    private void LetGo()
    {
        lock (_lock)
        {
            _keeper?.Dispose();
            _held?.Dispose();
            (_held, _keeper, _name) = (null, null, null);
        }
    }

    /// <exception cref="IOException">The file is not there, and cannot be brought back.</exception>
    public void EnsureThere()
    {
        if (IsThere()) { return; }
        if (!_lock.TryEnter()) { throw new IOException($"The file '{path}' is being brought back."); }
        try
        {
            if (IsThere()) { return; }
            if (!File.Exists(path)) { BringBack(); }
            using var pooled = new SqliteConnection(connectionString);
            SqliteConnection.ClearPool(pooled);   // connections to the file of before
            LetGo();
            Hold();
        }
        catch (Exception error) when (error is DbException or IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The file '{path}' was deleted, moved or replaced while Bff runs: {error.Message}", error);
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void BringBack()
    {
        var whole = path + ".brought-back";
        File.Delete(whole);
        using (var copy = _keeper!.CreateCommand())
        {
            copy.CommandText = "VACUUM INTO @path";   // what its log holds included
            copy.Parameters.AddWithValue("path", whole);
            copy.ExecuteNonQuery();
        }

        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(whole, UnixFileMode.UserRead | UnixFileMode.UserWrite); }
        using (var brought = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = whole, Pooling = false }.ConnectionString))
        {
            brought.Open();
            brought.Execute("PRAGMA journal_mode = WAL");
        }

        // The log of the deleted file would be played into the new one.
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
        File.Move(whole, path);
    }

    private bool IsThere() => _held is not { } held || (_name is null ? File.Exists(path) : NameOf(held) == _name);

    /// <returns>What the open file is called now, as Linux tells it; null elsewhere.</returns>
    private static string? NameOf(FileStream held) =>
        OperatingSystem.IsLinux() ? File.ResolveLinkTarget($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}", returnFinalTarget: false)?.FullName : null;
}

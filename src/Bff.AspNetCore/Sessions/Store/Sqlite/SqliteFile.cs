using System.Data.Common;
using Bff.Sessions.Store.Sql;
using Microsoft.Data.Sqlite;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>
/// Notices that the file was deleted, moved or replaced while it is open: SQLite would go on with a file that has no name any longer, and all of it would be
/// gone with the next start. What was deleted is written back from the open handle; a file that was put in its place is taken.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="connectionString">How it is opened.</param>
/// <param name="unprepared">Told that the file in its place has to be prepared before anybody uses it.</param>
internal sealed class SqliteFile(string path, string connectionString, Action<string> unprepared) : IDisposable
{
    private static readonly string[] SideFiles = ["-wal", "-shm"];

    private readonly Lock _lock = new();   // never held while the file is copied
    private FileStream? _held;
    private string? _name;
    private SqliteConnection? _keeper;

    public bool IsHeld
    {
        get
        {
            lock (_lock) { return _held is not null; }
        }
    }

    public bool IsThere
    {
        get
        {
            lock (_lock) { return _held is not { } held || (_name is null ? File.Exists(path) : NameOf(held) == _name); }
        }
    }

    /// <summary>The file is as it should be; from now on it has to stay there.</summary>
    public void Hold()
    {
        // Never closed while others are open: closing any handle of a file drops the locks this process holds on it (POSIX).
        if (IsHeld) { return; }
        var keeper = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            keeper.Open();
            keeper.Read("SELECT COUNT(*) FROM sqlite_master");   // opens the file and its log
            var held = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            lock (_lock) { (_held, _keeper, _name) = (held, keeper, NameOf(held)); }
        }
        catch
        {
            keeper.Dispose();
            throw;
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

    /// <summary>Called by whoever has the turn to write: a write that went on meanwhile could go to the file of before after that was copied.</summary>
    /// <exception cref="IOException">The file is not there and cannot be brought back, or the one in its place has to be prepared.</exception>
    public void EnsureThere()
    {
        if (IsThere) { return; }
        try
        {
            var isAnother = File.Exists(path);
            if (!isAnother) { BringBack(); }
            Take(isAnother);
        }
        catch (Exception error) when (error is DbException or IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The file '{path}' was deleted, moved or replaced while Bff runs: {error.Message}", error);
        }
    }

    private void Take(bool isAnother)
    {
        var left = isAnother ? LogOfBefore() : [];
        using var pooled = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(pooled);   // connections to the file of before
        LetGo();
        try
        {
            foreach (var side in left) { File.Delete(side); }   // it would be played into the new one
            Hold();
            if (isAnother && !IsPrepared(_keeper!)) { throw new IOException("The file in its place has to be prepared first."); }
        }
        catch (Exception error)
        {
            LetGo();   // held when it is prepared: a file that had no log when it was opened could not be brought back
            unprepared($"The file '{path}' was replaced: {error.Message}");
            throw;
        }
    }

    private static bool IsPrepared(SqliteConnection connection)
    {
        var stored = SqliteSchema.Read(connection);
        SessionSchema.EnsureUsable(stored);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        return stored.Version >= SessionSchema.Version && command.ExecuteScalar() is "wal";
    }

    /// <summary>
    /// Side files that belong to the file that was open. One that nobody here has opened came with the new file. Only Linux tells; elsewhere none is kept.
    /// </summary>
    private List<string> LogOfBefore()
    {
        if (_name is null) { return [.. SideFiles.Select(side => path + side)]; }
        var open = Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(TargetOf).ToHashSet();
        return [.. SideFiles.Select(side => _name + side).Where(open.Contains)];
    }

    private void BringBack()
    {
        var whole = path + ".brought-back";
        File.Delete(whole);
        try
        {
            Copy(whole);
            foreach (var side in SideFiles) { File.Delete(path + side); }   // the log of the deleted file would be played into the new one
            File.Move(whole, path);
        }
        catch
        {
            File.Delete(whole);   // on a full disk, half a copy takes what is left of it
            throw;
        }
    }

    private void Copy(string whole)
    {
        using (var copy = _keeper!.CreateCommand())
        {
            copy.CommandText = "VACUUM INTO @path";   // what its log holds included
            copy.Parameters.AddWithValue("path", whole);
            copy.ExecuteNonQuery();
        }

        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(whole, UnixFileMode.UserRead | UnixFileMode.UserWrite); }
        using var brought = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = whole, Pooling = false }.ConnectionString);
        brought.Open();
        brought.Execute("PRAGMA journal_mode = WAL");
    }

    /// <returns>What the open file is called now, as Linux tells it; null elsewhere.</returns>
    private static string? NameOf(FileStream held) =>
        OperatingSystem.IsLinux() ? TargetOf($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}") : null;

    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;   // closed meanwhile
        }
    }
}

namespace Bff.Sessions.Store.Sqlite;

/// <summary>
/// Who uses a SQLite store holds <c>bff.db.lock</c> together with others; who puts another file in its place holds it alone. SQLite's own locks are on the
/// file, and do not see that another one has its name now. The system lets go of it when a process ends, however it ends.
/// </summary>
internal sealed class SqliteLock : IDisposable
{
    private readonly FileStream _held;

    private SqliteLock(FileStream held) => _held = held;

    /// <exception cref="SessionStoreException">Somebody holds it alone: only for a moment, so it is worth trying again.</exception>
    public static SqliteLock Share(string store)
    {
        try
        {
            return new(Open(store, FileAccess.Read, FileShare.Read));
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw new SessionStoreException(
                $"Bff:Sessions:ConnectionString: the session store '{store}' is being restored or opened just now ('{store}.lock' is held)", error)
            {
                IsUnanswered = true,
            };
        }
    }

    /// <returns>Null while anybody uses the store.</returns>
    public static SqliteLock? TryHoldAlone(string store)
    {
        try
        {
            return new(Open(store, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }
    }

    public void Dispose() => _held.Dispose();

    private static FileStream Open(string store, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = access, Share = share };
        if (!OperatingSystem.IsWindows()) { options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; }
        return new FileStream(store + ".lock", options);
    }

    /// <summary>A sharing violation, which has no type of its own: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.</summary>
    private static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
}

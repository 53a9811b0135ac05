using Bff.Sessions.Keys;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Bff.Sessions.Store;

/// <summary>Makes the store ready to use: its schema, and the keys beside it. At the start, or when a store comes that was away then.</summary>
internal sealed partial class StorePreparation(
    SessionStorage storage, IKeyManager keys, LiveKeys liveKeys, TokenProtector protector, StoreHealth health, TimeProvider clock,
    ILogger<StorePreparation> logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly HashSet<StoreRemark> _remarked = [];
    private long? _told;
    private volatile bool _isDone = true;

    public bool IsDone => _isDone;

    /// <exception cref="IOException">The store as configured can never be used; the message names the setting.</exception>
    /// <exception cref="SessionStoreException">It cannot be used now.</exception>
    /// <param name="keysMustOpen">Off for who lists keys, or is about to revoke one that opens no longer: nothing is sealed then, and no key made.</param>
    public void Run(bool keysMustOpen = true)
    {
        storage.Prepare();
        foreach (var (found, advice) in storage.Remarks.Where(_remarked.Add)) { Remarked(found, advice); }
        if (!keysMustOpen) { return; }
        KeyCertificates.EnsureKeysOpen(keys, clock.GetUtcNow());
        liveKeys.Reopen();
        protector.Probe();   // makes the first key, and one in place of keys that do not open
    }

    /// <summary>As <see cref="Run"/>, but a store that is away stops nothing: <see cref="StoreWatch"/> tries again.</summary>
    public void RunOrWait()
    {
        storage.Unprepared = IsUnprepared;
        try
        {
            storage.FreeLeasesOfBefore(clock.GetUtcNow());
            Run();
        }
        catch (SessionStoreException error)
        {
            IsUnprepared(error);
        }
    }

    private void IsUnprepared(SessionStoreException reason)
    {
        _isDone = false;
        if (reason.IsLoss) { Lost(reason.Message); }
        MustBePrepared(reason);
    }

    private void MustBePrepared(SessionStoreException reason)
    {
        liveKeys.Close(reason);
        health.MustBePrepared(reason);
    }

    public void TryAgain()
    {
        try
        {
            Run();
            _isDone = true;
            health.Prepared();
        }
        catch (SessionStoreException error)
        {
            MustBePrepared(error);
        }
        catch (Exception error)
        {
            // At a start this ends the process; now others may be waiting for it to become ready, and it may be mended meanwhile.
            MustBePrepared(new SessionStoreException(error.Message, error));
            if (_told is { } told && clock.GetElapsedTime(told) < LogInterval) { return; }
            _told = clock.GetTimestamp();
            CannotBePrepared(error.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The session store: {Found} {Advice}")]
    private partial void Remarked(string found, string advice);

    [LoggerMessage(LogLevel.Error, "The session store has lost sessions, and is prepared anew: {Reason}")]
    private partial void Lost(string reason);

    [LoggerMessage(LogLevel.Error, "The session store is there, but cannot be used: {Reason}")]
    private partial void CannotBePrepared(string reason);
}

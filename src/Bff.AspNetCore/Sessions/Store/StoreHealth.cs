namespace Bff.Sessions.Store;

/// <summary>
/// Whether the session store answers, as its last operations found it; and a circuit breaker: after several calls in a row without an answer nobody waits for
/// it, until <see cref="StoreWatch"/> has found it well again. One log line tells that it went, one that it came back, and some in between.
/// </summary>
internal sealed partial class StoreHealth(TimeProvider clock, ILogger<StoreHealth> logger)
{
    /// <summary>Calls in a row without an answer that open the breaker.</summary>
    public const int Threshold = 3;

    private const int MaxReason = 300;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>A store that comes and goes is not told of more often.</summary>
    private static readonly TimeSpan MinLogPause = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Line _reads = new();
    private readonly Line _writes = new();
    private bool _prepared = true;
    private TaskCompletionSource _away = NewSignal();
    private TaskCompletionSource _back = Signaled();
    private long? _told;
    private bool _toldAway;
    private long _failed;

    private sealed class Line
    {
        public DateTimeOffset? FailingSince { get; set; }

        public int Unanswered { get; set; }
    }

    /// <summary>It cannot be read or cannot be written.</summary>
    public bool IsAway => Since is not null;

    /// <summary>Since when; null while all is well.</summary>
    public DateTimeOffset? Since
    {
        get
        {
            lock (_lock) { return Earlier(_reads.FailingSince, _writes.FailingSince); }
        }
    }

    /// <summary>It cannot be read; of whom it knows nothing can be said.</summary>
    public bool CannotRead
    {
        get
        {
            lock (_lock) { return _reads.FailingSince is not null; }
        }
    }

    /// <summary>The last thing that was wrong; stays when the store is back. May name hosts and paths.</summary>
    public string? LastError { get; private set; }

    /// <summary>When it last came back; null when it was never away.</summary>
    public DateTimeOffset? BackAt { get; private set; }

    /// <summary>When something stored was last found damaged.</summary>
    public DateTimeOffset? DamagedAt { get; private set; }

    /// <summary>Ends when the store goes away; has ended while it is.</summary>
    public Task WhenAway => _away.Task;

    /// <summary>Ends when the store is back; has ended while it is there.</summary>
    public Task WhenBack => _back.Task;

    /// <exception cref="SessionStoreException">It is known not to answer: nobody needs to wait to find out.</exception>
    public void Enter(StoreAccess access)
    {
        lock (_lock)
        {
            if (_prepared && Of(access).Unanswered < Threshold) { return; }
            _failed++;
        }

        throw new SessionStoreException(LastError ?? "It does not answer.") { IsUnanswered = true };
    }

    /// <exception cref="SessionStoreException">Nobody but <see cref="StorePreparation"/> may use it yet.</exception>
    public void EnsurePrepared()
    {
        lock (_lock)
        {
            if (_prepared) { return; }
        }

        throw new SessionStoreException(LastError ?? "It is not prepared.") { IsUnanswered = true };
    }

    public void Succeeded(StoreAccess access)
    {
        TimeSpan away;
        lock (_lock)
        {
            var line = Of(access);
            if (!_prepared || (line.FailingSince is null && line.Unanswered == 0)) { return; }
            var since = Earlier(_reads.FailingSince, _writes.FailingSince);
            (line.FailingSince, line.Unanswered) = (null, 0);
            if (since is null || _reads.FailingSince is not null || _writes.FailingSince is not null) { return; }
            BackAt = clock.GetUtcNow();
            away = BackAt.Value - since.Value;
            _away = NewSignal();
            _back.TrySetResult();
            if (!_toldAway) { return; }
            _toldAway = false;
        }

        IsBack(away);
    }

    public void Failed(StoreAccess access, SessionStoreException error)
    {
        bool tell, first;
        long failed;
        DateTimeOffset since;
        lock (_lock)
        {
            var (line, now) = (Of(access), clock.GetUtcNow());
            LastError = Printable.Text(error.Message, MaxReason);
            if (error.IsDamage) { DamagedAt = now; }
            if (error.IsUnanswered) { line.Unanswered++; }
            first = _reads.FailingSince is null && _writes.FailingSince is null;
            line.FailingSince ??= now;
            since = Earlier(_reads.FailingSince, _writes.FailingSince)!.Value;
            if (first)
            {
                _back = NewSignal();
                _away.TrySetResult();
            }

            if (error.IsLoss) { return; }   // told of elsewhere: that nobody is signed out is not so
            _failed++;
            tell = _told is not { } told || clock.GetElapsedTime(told) >= (_toldAway ? LogInterval : MinLogPause);
            failed = _failed;
            if (tell) { (_told, _toldAway, _failed) = (clock.GetTimestamp(), true, 0); }
        }

        if (!tell) { return; }
        if (first) { IsGone(LastError); }
        else { IsStillAway(since, failed, LastError); }
    }

    /// <summary>Something stored is damaged; whether the store can be used is another question.</summary>
    public void Damaged(SessionStoreException error)
    {
        lock (_lock) { (DamagedAt, LastError) = (clock.GetUtcNow(), Printable.Text(error.Message, MaxReason)); }
    }

    /// <summary>It was not there at the start: it has to be prepared before anybody may use it.</summary>
    public void MustBePrepared(SessionStoreException error)
    {
        lock (_lock) { _prepared = false; }
        Failed(StoreAccess.Read, error);
        Failed(StoreAccess.Write, error);
    }

    public void Prepared()
    {
        lock (_lock) { _prepared = true; }
        Succeeded(StoreAccess.Read);
        Succeeded(StoreAccess.Write);
    }

    private Line Of(StoreAccess access) => access == StoreAccess.Read ? _reads : _writes;

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Signaled()
    {
        var signal = NewSignal();
        signal.SetResult();
        return signal;
    }

    [LoggerMessage(
        LogLevel.Error,
        "The session store cannot be used: {Reason} Nobody is signed out: local copies of sessions serve while they live, other calls are answered 503 "
        + "store_unavailable.")]
    private partial void IsGone(string reason);

    [LoggerMessage(LogLevel.Error, "The session store cannot be used since {Since:u}; {Failed} operations failed since the last line. The last: {Reason}")]
    private partial void IsStillAway(DateTimeOffset since, long failed, string reason);

    [LoggerMessage(LogLevel.Warning, "The session store can be used again, after {Away}.")]
    private partial void IsBack(TimeSpan away);
}

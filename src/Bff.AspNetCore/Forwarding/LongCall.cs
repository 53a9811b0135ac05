namespace Bff.Forwarding;

/// <summary>A forwarded call that stays open: when it was used, when it is to be looked at, and whether it is to end.</summary>
internal sealed class LongCall
{
    /// <summary>For each step of an end: to take what it is told, to close as well, to be gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private const long Never = long.MaxValue;

    private readonly HttpContext _context;
    private readonly StreamPolicy _policy;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource? _ending, _left;

    /// <summary>In ticks, as all times here: very many responses are calls like this for a moment.</summary>
    private readonly long _activityTimeout, _tokenExpiresAt;
    private volatile CallEnd? _end;
    private long _lookAt;
    private long _usedAt;
    private long _cutAt;
    private bool _hasTraffic;
    private volatile bool _hasTaken;
    private bool _completed;

    /// <param name="context">Of the request.</param>
    /// <param name="kind">What it speaks.</param>
    /// <param name="activityTimeout">How long it may be quiet; null where YARP alone looks at that.</param>
    /// <param name="tokenExpiresAt">When it ends in any case, with the token it began with; null where it may outlive that.</param>
    /// <param name="clock">The time.</param>
    public LongCall(HttpContext context, CallKind kind, TimeSpan? activityTimeout, DateTimeOffset? tokenExpiresAt, TimeProvider clock)
    {
        (_context, Kind, _clock) = (context, kind, clock);
        _policy = StreamPolicy.Of(context);
        _activityTimeout = activityTimeout?.Ticks ?? Never;
        _tokenExpiresAt = tokenExpiresAt?.UtcTicks ?? Never;
        _usedAt = clock.GetUtcNow().UtcTicks;
        IsUpgraded = Upgrades.IsUpgraded(context);
        IsCarriedByUs = kind != CallKind.Opaque || activityTimeout is not null || _policy.CountsAsUse == UseOfSession.Traffic;
        HasTimes = IsCarriedByUs || _tokenExpiresAt != Never;
        _ending = kind == CallKind.Opaque ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
        _left = kind == CallKind.WebSocket ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
    }

    public CallKind Kind { get; }

    public bool IsUpgraded { get; }

    /// <summary>Why it ends; null while it need not.</summary>
    public CallEnd? End => _end;

    /// <summary>It ends in the way of its protocol. Where there is none it is cut, and must find no end before: half of it would look like the whole.</summary>
    public bool IsTold => _end is not null && Kind != CallKind.Opaque;

    /// <summary>Completes when it is to end, and can be told.</summary>
    public Task Ending => (_ending ?? throw new InvalidOperationException("What is cut is told nothing.")).Task;

    /// <summary>It has to be told of what it carries, or to find an end in that.</summary>
    public bool IsCarriedByUs { get; }

    /// <summary>It has to be told of the <see cref="Tick"/>.</summary>
    public bool HasTimes { get; }

    /// <summary>At first, too: the session may have ended while the upstream took its time.</summary>
    public bool IsToBeLookedAt(DateTimeOffset now) => now.UtcTicks >= Volatile.Read(ref _lookAt);

    public void LookAt(DateTimeOffset when) => Volatile.Write(ref _lookAt, when.UtcTicks);

    /// <summary>It has carried something.</summary>
    public void Use()
    {
        Volatile.Write(ref _usedAt, _clock.GetUtcNow().UtcTicks);
        Volatile.Write(ref _hasTraffic, true);
    }

    /// <summary>Whether its session is in use by it since this was asked last.</summary>
    /// <param name="webSocketsKeepAlive">What the configuration says of WebSockets whose route says nothing.</param>
    public bool IsUse(bool webSocketsKeepAlive) => _policy.CountsAsUse switch
    {
        UseOfSession.Traffic => Interlocked.Exchange(ref _hasTraffic, false),
        null => webSocketsKeepAlive && IsUpgraded,
        _ => false,
    };

    /// <summary>What is over by time alone; once a second.</summary>
    public void Tick(DateTimeOffset now)
    {
        if (_end is null && _tokenExpiresAt <= now.UtcTicks) { Finish(CallEnd.Token); }
        else if (_end is null && now.UtcTicks - Volatile.Read(ref _usedAt) >= _activityTimeout) { Finish(CallEnd.Idle); }
        else if (_end is not null && now.UtcTicks >= Volatile.Read(ref _cutAt)) { EndAtLast(); }
    }

    /// <summary>
    /// In order where the caller has only not closed yet: a reset would take from one who is slow what it was told. Who does not even take that is cut.
    /// </summary>
    private void EndAtLast()
    {
        if (_hasTaken && !_left!.Task.IsCompleted) { Leave(); }
        else { Cut(); }
    }

    /// <summary>The caller of a WebSocket has taken the close frame.</summary>
    /// <returns>Completes when it has closed, too, or had its time for that.</returns>
    public Task WaitForLeaveAsync()
    {
        if (!_hasTaken)
        {
            Volatile.Write(ref _cutAt, InGrace);
            _hasTaken = true;
        }

        return _left!.Task;
    }

    /// <summary>The caller of a WebSocket has closed, too.</summary>
    public void Leave()
    {
        Volatile.Write(ref _cutAt, InGrace);
        _left!.TrySetResult();
    }

    private long InGrace => (_clock.GetUtcNow() + Grace).UtcTicks;

    /// <summary>Tells its caller that it ends, where the protocol has a way; else cuts it.</summary>
    public void Finish(CallEnd end)
    {
        lock (_lock)
        {
            if (_end is not null) { return; }
            Volatile.Write(ref _cutAt, InGrace);
            _end = end;
        }

        if (Kind == CallKind.Opaque) { Cut(); }
        else { _ending?.SetResult(); }
    }

    /// <summary>For gRPC, before the response completes.</summary>
    public void SayStatus()
    {
        if (_end is not { } end || Kind != CallKind.Grpc || !_context.Response.SupportsTrailers()) { return; }
        _context.Response.AppendTrailer("grpc-status", $"{(int)end.Status}");
        _context.Response.AppendTrailer("grpc-message", end.Code);
    }

    /// <summary>The server reuses contexts: a call that has completed must not cut the next one.</summary>
    private void Cut()
    {
        lock (_lock)
        {
            if (!_completed) { _context.Abort(); }
        }
    }

    public void Complete()
    {
        lock (_lock) { _completed = true; }
    }
}

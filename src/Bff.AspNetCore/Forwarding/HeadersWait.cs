namespace Bff.Forwarding;

/// <summary>
/// Ends a request whose upstream has not even begun to respond, while its connection may be quiet for long afterwards: for its <see cref="ActivityTimeout"/>.
/// </summary>
internal sealed class HeadersWait : IDisposable
{
    private readonly HttpContext _context;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;

    /// <param name="context">The request.</param>
    /// <param name="timeout">For the response's headers.</param>
    /// <param name="activityTimeout">For what comes afterwards.</param>
    /// <param name="clock">The time.</param>
    public HeadersWait(HttpContext context, TimeSpan timeout, TimeSpan activityTimeout, TimeProvider clock)
    {
        (_context, _aborted, ActivityTimeout) = (context, context.RequestAborted, activityTimeout);
        _timeout = new CancellationTokenSource(timeout, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_aborted, _timeout.Token);
        context.RequestAborted = _either.Token;
        context.Features.Set(this);
    }

    public TimeSpan ActivityTimeout { get; }

    public bool TimedOut { get; private set; }

    /// <summary>The response has begun.</summary>
    public void End() => _timeout.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        TimedOut = _timeout.IsCancellationRequested;
        _context.RequestAborted = _aborted;
        _either.Dispose();
        _timeout.Dispose();
    }
}

namespace Bff.Forwarding;

/// <summary>Ends a request whose upstream has not even begun to respond, while its connection may be quiet for long afterwards.</summary>
internal sealed class HeadersWait : IDisposable
{
    private readonly HttpContext _context;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;

    public HeadersWait(HttpContext context, TimeSpan timeout, TimeProvider clock)
    {
        (_context, _aborted) = (context, context.RequestAborted);
        _timeout = new CancellationTokenSource(timeout, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_aborted, _timeout.Token);
        context.RequestAborted = _either.Token;
        context.Features.Set(this);
    }

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

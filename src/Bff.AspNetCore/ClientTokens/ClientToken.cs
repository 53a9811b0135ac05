using Bff.Providers;
using Bff.Providers.Named;

namespace Bff.ClientTokens;

/// <summary>
/// What this node has of one token of our client's: the token, or why there is none, and whether anybody used it. One that is used is renewed ahead of its
/// expiry; one that was not in all its life is forgotten.
/// </summary>
internal sealed class ClientToken(string id, Provider provider, ApiTarget target) : IDisposable
{
    private readonly Lock _lock = new();
    private Task<ClientTokenResult>? _flight;
    private ITimer? _timer;
    private State _state = new(null, 0, null, null, 0, default);
    private volatile bool _isUsed;
    private bool _isDisposed;

    /// <param name="Tokens">Null for none.</param>
    /// <param name="Version">As the store counts; 0 when it is not known there.</param>
    /// <param name="Issued">For calls, once for all of them.</param>
    /// <param name="Failure">Why there is no newer one; null when the last try was none.</param>
    /// <param name="Failures">In a row.</param>
    /// <param name="RetryAt">When the provider may be asked again.</param>
    internal sealed record State(
        TokenSet? Tokens, long Version, ClientTokenResult.Issued? Issued, ClientTokenResult? Failure, int Failures, DateTimeOffset RetryAt);

    /// <summary>In the store.</summary>
    public string Id => id;

    public Provider Provider => provider;

    public ApiTarget Target => target;

    public State Now => Volatile.Read(ref _state);

    /// <summary>A request for it is under way, or another node's is waited for.</summary>
    public bool IsUnderWay
    {
        get
        {
            lock (_lock) { return _flight is { IsCompleted: false }; }
        }
    }

    public void Use() => _isUsed = true;

    /// <summary>Whether it was used since it came.</summary>
    public bool WasUsed => _isUsed;

    /// <summary>The request under way, or a new one: one for all callers of this node.</summary>
    public Task<ClientTokenResult> Join(Func<Task<ClientTokenResult>> begin)
    {
        lock (_lock)
        {
            if (_flight is { IsCompleted: false } flight) { return flight; }
            using (ExecutionContext.SuppressFlow()) { return _flight = Task.Run(begin); }   // nobody who stops waiting stops it
        }
    }

    /// <param name="tokens">That came, or were found.</param>
    /// <param name="version">As the store counts.</param>
    /// <param name="isAwaited">A call has asked for it; else it is for those that may come.</param>
    /// <param name="timer">Wakes whoever renews it.</param>
    public ClientTokenResult Take(TokenSet tokens, long version, bool isAwaited, ITimer timer)
    {
        var issued = ClientTokenResult.Issued.Of(tokens);
        Set(timer);
        _isUsed = isAwaited;
        Volatile.Write(ref _state, new(tokens, version, issued, null, 0, default));
        return issued;
    }

    public ClientTokenResult Fail(ClientTokenResult failure, DateTimeOffset retryAt, ITimer? timer)
    {
        if (timer is not null) { Set(timer); }
        Volatile.Write(ref _state, Now with { Failure = failure, Failures = Now.Failures + 1, RetryAt = retryAt });
        return failure;
    }

    private void Set(ITimer timer)
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = timer;
            if (_isDisposed) { timer.Dispose(); }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }
}

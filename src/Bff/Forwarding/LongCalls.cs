using System.Collections.Concurrent;
using Bff.Sessions;

namespace Bff.Forwarding;

/// <summary>
/// Forwarded calls that may outlive the session they began with: WebSockets, and answers that are streamed or large. They are cut when it ends, here or at another
/// node; WebSockets also when the process stops, since nothing else would end them before the shutdown's time limit.
/// </summary>
internal sealed partial class LongCalls : BackgroundService, IHostedLifecycleService
{
    private const long Large = 1024 * 1024;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SessionId, Call[]> _calls = new();
    private readonly SessionChanges _changes;
    private readonly SessionCache _sessions;
    private readonly TimeProvider _clock;
    private readonly ILogger<LongCalls> _logger;
    private volatile bool _stopping;

    private sealed class Call(HttpContext context)
    {
        private readonly Lock _lock = new();
        private long _lookAt;
        private bool _completed;

        public bool IsUpgraded { get; } = context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols || HttpMethods.IsConnect(context.Request.Method);

        /// <summary>A session that is used lives longer, so it is looked at again when it was to end. And at first: it may have ended while the upstream took its time.</summary>
        public bool IsToBeLookedAt(DateTimeOffset now) => now.UtcTicks >= Volatile.Read(ref _lookAt);

        public void LookAt(DateTimeOffset when) => Volatile.Write(ref _lookAt, when.UtcTicks);

        /// <summary>The server reuses contexts: a call that has completed must not cut the next one.</summary>
        public void Cut()
        {
            lock (_lock)
            {
                if (!_completed) { context.Abort(); }
            }
        }

        public void Complete()
        {
            lock (_lock) { _completed = true; }
        }
    }

    public LongCalls(SessionChanges changes, SessionCache sessions, TimeProvider clock, ILogger<LongCalls> logger)
    {
        (_changes, _sessions, _clock, _logger) = (changes, sessions, clock, logger);
        _changes.Published += CutIfEnded;
        _changes.Missed += LookAtAll;
    }

    /// <summary>To be called when the answer's headers have come.</summary>
    public void Watch(HttpContext context, SessionId session)
    {
        if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols && context.Response.ContentLength < Large) { return; }
        var call = new Call(context);
        _calls.AddOrUpdate(session, [call], (_, others) => [.. others, call]);
        context.Response.OnCompleted(() =>
        {
            Forget(session, call);
            return Task.CompletedTask;
        });
        if (_stopping && call.IsUpgraded) { call.Cut(); }
    }

    /// <summary>After the drain and before the server waits for its connections.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var call in _calls.Values.SelectMany(calls => calls).Where(call => call.IsUpgraded)) { call.Cut(); }
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(LookEvery, _clock);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken)) { await LookAsync(stoppingToken); }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        foreach (var (id, calls) in _calls)
        {
            if (!Array.Exists(calls, call => call.IsToBeLookedAt(_clock.GetUtcNow()))) { continue; }
            try
            {
                var session = await _sessions.FindAsync(id, cancel);
                if (session is null || session.EndsAt <= _clock.GetUtcNow()) { Cut(id, calls); }
                else { Array.ForEach(calls, call => call.LookAt(session.EndsAt)); }
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                NotLookedAt(id, error);
            }
        }
    }

    private void CutIfEnded(SessionChange change)
    {
        if (change.Ended is not null && _calls.TryGetValue(change.Id, out var calls)) { Cut(change.Id, calls); }
    }

    /// <summary>Ends may have gone unheard.</summary>
    private void LookAtAll()
    {
        foreach (var call in _calls.Values.SelectMany(calls => calls)) { call.LookAt(DateTimeOffset.MinValue); }
    }

    private void Cut(SessionId id, Call[] calls)
    {
        Ended(calls.Length, id);
        foreach (var call in calls) { call.Cut(); }
    }

    private void Forget(SessionId id, Call call)
    {
        call.Complete();
        var left = _calls.AddOrUpdate(id, [], (_, calls) => [.. calls.Where(one => one != call)]);
        if (left.Length == 0) { _calls.TryRemove(KeyValuePair.Create(id, left)); }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _changes.Published -= CutIfEnded;
        _changes.Missed -= LookAtAll;
        base.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "{Count} calls of session {Session} were cut: it has ended.")]
    private partial void Ended(int count, SessionId session);

    [LoggerMessage(LogLevel.Warning, "Whether session {Session} has ended under a call could not be read; tried again in a second.")]
    private partial void NotLookedAt(SessionId session, Exception error);
}

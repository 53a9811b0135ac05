using System.Collections.Concurrent;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.Options;

namespace Bff.Forwarding;

/// <summary>
/// Forwarded calls that may outlive the session they began with: WebSockets, and answers that are streamed or large. They are cut when it ends: at once when this node
/// is told, and within seconds when nobody tells it, since each session with open calls is read again and again. WebSockets are cut also when the process stops,
/// since nothing else would end them before the shutdown's time limit.
/// </summary>
internal sealed partial class LongLivedRequests : BackgroundService, IHostedLifecycleService
{
    private const long Large = 1024 * 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>As often as an event stream reads its session.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(15);

    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 8 };

    private readonly ConcurrentDictionary<SessionId, Call[]> _calls = new();
    private readonly SessionChanges _changes;
    private readonly SessionCache _sessions;
    private readonly SlidingExpiration _idle;
    private readonly IOptionsMonitor<ForwardingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LongLivedRequests> _logger;
    private volatile bool _stopping;

    private sealed class Call(HttpContext context)
    {
        private readonly Lock _lock = new();
        private long _lookAt;
        private bool _completed;

        public bool IsUpgraded { get; } = context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols || HttpMethods.IsConnect(context.Request.Method);

        /// <summary>At first, too: the session may have ended while the upstream took its time.</summary>
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

    public LongLivedRequests(
        SessionChanges changes, SessionCache sessions, SlidingExpiration idle, IOptionsMonitor<ForwardingOptions> options, TimeProvider clock, ILogger<LongLivedRequests> logger)
    {
        (_changes, _sessions, _idle, _options, _clock, _logger) = (changes, sessions, idle, options, clock, logger);
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
        using var tick = new PeriodicTimer(Tick, _clock);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken)) { await RefreshAsync(stoppingToken); }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Reads each session whose time has come once, however many calls it has.</summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var (failures, lastError) = (0, default(Exception));
        await Parallel.ForEachAsync(_calls.Where(entry => Array.Exists(entry.Value, call => call.IsToBeLookedAt(now))), AtOnce, async (entry, _) =>
        {
            try
            {
                await RefreshAsync(entry.Key, entry.Value, cancellationToken);
            }
            catch (SessionStoreException)
            {
                Array.ForEach(entry.Value, call => call.LookAt(now + RefreshInterval));   // ends nobody's call; StoreHealth has said it
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                // A store that cannot be read now ends nobody's call.
                Interlocked.Increment(ref failures);
                lastError = error;
                Array.ForEach(entry.Value, call => call.LookAt(now + RefreshInterval));
            }
        });
        if (lastError is not null) { NotRead(failures, RefreshInterval.TotalSeconds, lastError); }
    }

    private async Task RefreshAsync(SessionId id, Call[] calls, CancellationToken cancellationToken)
    {
        var session = await _sessions.FindAsync(id, cancellationToken);
        var now = _clock.GetUtcNow();
        if (session is null || session.EndsAt <= now)
        {
            Cut(id, calls);
            return;
        }

        var isInUse = _options.CurrentValue.WebSocketsKeepAlive && Array.Exists(calls, call => call.IsUpgraded);
        if ((isInUse ? await _idle.SlideAsync(session) : session.EndsAt) is not { } endsAt)
        {
            Cut(id, calls);
            return;
        }

        var next = endsAt < now + RefreshInterval ? endsAt : now + RefreshInterval;
        Array.ForEach(calls, call => call.LookAt(next));
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

    [LoggerMessage(LogLevel.Warning, "{Count} sessions with open calls could not be read; tried again in {Seconds} s.")]
    private partial void NotRead(int count, double seconds, Exception error);
}

using System.Threading.Channels;

namespace Bff.Sessions.Store;

/// <summary>Tells the program around us of sessions, one thing after the other, while nobody waits. Without a listener it does nothing.</summary>
internal sealed partial class SessionEvents(IEnumerable<ISessionEvents> listeners, TimeProvider clock, ILogger<SessionEvents> logger) : BackgroundService
{
    /// <summary>Of what is still to be told: some megabytes.</summary>
    public const int MaxWaiting = 10_000;

    private static readonly TimeSpan MaxCall = TimeSpan.FromSeconds(30);

    private readonly ISessionEvents[] _listeners = [.. listeners];
    private readonly Channel<Func<ISessionEvents, CancellationToken, Task>> _waiting =
        Channel.CreateBounded<Func<ISessionEvents, CancellationToken, Task>>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private long _leftOut;

    public void Started(Session session)
    {
        if (_listeners.Length == 0) { return; }
        var started = new SessionStarted
        {
            Session = $"{session.Id}", Subject = session.Subject, Provider = session.Provider, FrontEnd = session.FrontEnd, At = clock.GetUtcNow(),
        };
        Tell((listener, cancellationToken) => listener.StartedAsync(started, cancellationToken));
    }

    /// <param name="session">As it was.</param>
    /// <param name="expiresAt">When its new access token does.</param>
    public void Renewed(Session session, DateTimeOffset expiresAt)
    {
        if (_listeners.Length == 0) { return; }
        var renewed = new SessionRenewed
        {
            Session = $"{session.Id}", Subject = session.Subject, Provider = session.Provider, FrontEnd = session.FrontEnd, At = clock.GetUtcNow(),
            AccessTokenExpiresAt = expiresAt,
        };
        Tell((listener, cancellationToken) => listener.RenewedAsync(renewed, cancellationToken));
    }

    public void Ended(EndedSession session)
    {
        if (_listeners.Length == 0) { return; }
        var ended = new SessionEnded
        {
            Session = $"{session.Id}", Reason = session.Reason, Provider = session.Provider, FrontEnd = session.FrontEnd, At = clock.GetUtcNow(),
        };
        Tell((listener, cancellationToken) => listener.EndedAsync(ended, cancellationToken));
    }

    private void Tell(Func<ISessionEvents, CancellationToken, Task> call)
    {
        if (!_waiting.Writer.TryWrite(call) && Interlocked.Increment(ref _leftOut) == 1) { TooMany(MaxWaiting); }
    }

    /// <summary>To the end: a host that stops waits for what is left.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stopping = stoppingToken.Register(() => _waiting.Writer.TryComplete());
        await foreach (var call in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            foreach (var listener in _listeners) { await TryAsync(call, listener); }
            if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var count) { LeftOut(count); }
        }
    }

    private async Task TryAsync(Func<ISessionEvents, CancellationToken, Task> call, ISessionEvents listener)
    {
        using var tooLong = new CancellationTokenSource(MaxCall, clock);
        try
        {
            await Task.Run(() => call(listener, tooLong.Token), CancellationToken.None).WaitAsync(tooLong.Token);
        }
        catch (Exception error)
        {
            Failed(listener.GetType().Name, error);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Listener} has failed to take note of a session. The session goes on as it was.")]
    private partial void Failed(string listener, Exception error);

    [LoggerMessage(LogLevel.Error, "{Max} events of sessions wait to be told. Further ones are left out until there is room.")]
    private partial void TooMany(int max);

    [LoggerMessage(LogLevel.Error, "There is room again; {Count} events of sessions were left out.")]
    private partial void LeftOut(long count);
}

using System.Threading.Channels;
using Bff.Sessions;

namespace Bff.Login;

/// <summary>One open <c>/bff/events</c> answer: sleeps until there is news of its session, or until the time it asked to be woken at.</summary>
/// <param name="session">Of the browser.</param>
/// <param name="lookAt">When the session is to be looked at, in case nobody tells of a change.</param>
internal sealed class EventStream(SessionId session, DateTimeOffset lookAt)
{
    private long _lookAt = lookAt.UtcTicks;

    /// <summary>News is one bit: whoever is woken looks for itself.</summary>
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private long _wakeAt = long.MaxValue;

    public SessionId Session => session;

    /// <summary>Why the session ended, if this node was told.</summary>
    public string? Ended { get; private set; }

    /// <summary>The server stops: the stream is to end, and the browser to come back to another one.</summary>
    public bool Closing { get; private set; }

    public bool IsOverslept(DateTimeOffset now) => now.UtcTicks >= Volatile.Read(ref _wakeAt);

    public bool IsToBeLookedAt(DateTimeOffset now) => IsOverslept(now) || now.UtcTicks >= Volatile.Read(ref _lookAt);

    public void LookAt(DateTimeOffset when) => Volatile.Write(ref _lookAt, when.UtcTicks);

    public async Task SleepAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _wakeAt, until.UtcTicks);
        await _news.Reader.ReadAsync(cancellationToken);
    }

    public void Wake(string? ended = null)
    {
        Ended ??= ended;
        Volatile.Write(ref _wakeAt, long.MaxValue);
        _news.Writer.TryWrite(true);
    }

    public void Close()
    {
        Closing = true;
        Wake();
    }
}

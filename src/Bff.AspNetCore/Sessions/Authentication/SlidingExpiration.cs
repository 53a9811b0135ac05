using System.Collections.Concurrent;
using Bff.FrontEnds;
using Bff.Sessions.Store;

namespace Bff.Sessions.Authentication;

/// <summary>
/// Keeps a used session alive: moves its idle end, at most once a minute (a tenth of the idle timeout, if that is less) and never past the absolute end.
/// </summary>
internal sealed class SlidingExpiration(ISessionStore store, StoreHealth health, FrontEndSet frontEnds, TimeProvider clock)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<SessionId, Task<DateTimeOffset?>> _writing = new();

    /// <param name="session">The session that is used.</param>
    /// <param name="isShown">The end is shown to the user: then it is waited for, too, while another request writes it.</param>
    /// <returns>The session's end now; null when the store has it no longer. A store that cannot write it now fails nobody's request.</returns>
    public ValueTask<DateTimeOffset?> SlideAsync(Session session, bool isShown = false)
    {
        var idle = (frontEnds.Find(session.FrontEnd) ?? frontEnds.Default).IdleTimeout;
        var step = idle / 10 < WriteEvery ? idle / 10 : WriteEvery;
        var endsAt = clock.GetUtcNow() + idle;
        var isToBeWritten = session.EndsAt < session.AbsoluteEndsAt && endsAt - session.EndsAt >= step && !health.IsAway;
        return isToBeWritten ? WriteAsync(session, endsAt, isShown) : new(session.EndsAt);
    }

    private async ValueTask<DateTimeOffset?> WriteAsync(Session session, DateTimeOffset endsAt, bool isShown)
    {
        var written = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = _writing.GetOrAdd(session.Id, written.Task);
        if (writing != written.Task) { return isShown ? await writing : session.EndsAt; }
        DateTimeOffset? end = session.EndsAt;
        try
        {
            return end = await store.SlideAsync(session.Id, endsAt, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            return end;   // a later request of it tries again
        }
        finally
        {
            _writing.TryRemove(session.Id, out _);
            written.SetResult(end);
        }
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Bff.Sessions;

/// <summary>Keeps a used session alive: moves its idle end, at most once a minute (a tenth of the idle timeout, if that is less) and never past the absolute end.</summary>
internal sealed class IdleClock(ISessionStore store, StoreHealth health, IOptionsMonitor<SessionsOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<SessionId, bool> _writing = new();

    /// <returns>The session's end now; null when the store has it no longer. A store that cannot write it now fails nobody's request.</returns>
    public async Task<DateTimeOffset?> SlideAsync(Session session)
    {
        var idle = options.CurrentValue.IdleTimeout;
        var step = idle / 10 < WriteEvery ? idle / 10 : WriteEvery;
        var endsAt = clock.GetUtcNow() + idle;
        if (session.EndsAt >= session.AbsoluteEndsAt || endsAt - session.EndsAt < step || health.IsAway || !_writing.TryAdd(session.Id, true)) { return session.EndsAt; }
        try
        {
            return await store.SlideAsync(session.Id, endsAt, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            return session.EndsAt;   // a later request of it tries again
        }
        finally
        {
            _writing.TryRemove(session.Id, out _);
        }
    }
}

using Microsoft.Extensions.Options;

namespace Bff.Sessions;

/// <summary>Keeps a used session alive: moves its idle end, at most once a minute and never past the absolute end.</summary>
internal sealed class IdleClock(ISessionStore store, IOptions<SessionsOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(1);

    public async Task SlideAsync(Session session)
    {
        var idle = options.Value.IdleTimeout;
        var step = idle / 10 < WriteEvery ? idle / 10 : WriteEvery;
        var endsAt = clock.GetUtcNow() + idle;
        if (session.EndsAt >= session.AbsoluteEndsAt || endsAt - session.EndsAt < step) { return; }
        await store.SlideAsync(session.Id, endsAt, CancellationToken.None);
    }
}

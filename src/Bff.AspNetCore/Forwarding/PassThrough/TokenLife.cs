using Bff.Policies;

namespace Bff.Forwarding.PassThrough;

/// <summary>A WebSocket or a stream that began with a caller's token ends with it: nobody renews that here.</summary>
internal static class TokenLife
{
    /// <param name="context">Of what may stay open.</param>
    /// <param name="clock">Tells when the token is over.</param>
    public static void Watch(HttpContext context, TimeProvider clock)
    {
        if (context.Features.Get<TokenCaller>() is not { } caller) { return; }
        var left = caller.EndsAt - clock.GetUtcNow();
        if (left > MaxWatched) { return; }
        var timer = clock.CreateTimer(state => ((HttpContext)state!).Abort(), context, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        context.Response.RegisterForDispose(timer);
    }

    /// <summary>What a timer can wait for.</summary>
    private static readonly TimeSpan MaxWatched = TimeSpan.FromDays(45);
}

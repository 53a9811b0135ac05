namespace Bff.Sessions;

/// <summary>The request brought the cookie of a session that has ended.</summary>
/// <param name="Id">Which, if there ever was one.</param>
/// <param name="Reason">The timeout that ended it, while it is there to say so; null when the store has to be asked.</param>
internal sealed record SessionEnd(SessionId Id, string? Reason);

internal static class SessionEndExtensions
{
    /// <summary>Why the session whose cookie the request brought ended: one of <see cref="EndReasons"/>; null when it brought none, or nobody knows.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be said now.</exception>
    public static async Task<string?> FindEndReasonAsync(this HttpContext context) =>
        context.Features.Get<SessionEnd>() is { } end ? end.Reason ?? await context.FindEndReasonAsync(end.Id) : null;

    /// <summary>Why this session ended.</summary>
    public static Task<string?> FindEndReasonAsync(this HttpContext context, SessionId id) =>
        context.RequestServices.GetRequiredService<ISessionStore>().FindEndAsync(id, context.RequestAborted);

    /// <summary>Nobody is signed in, and why not any longer.</summary>
    public static async Task<Problem> SignInRequiredAsync(this HttpContext context) => Problem.SignInRequired with { Reason = await context.FindEndReasonAsync() };
}

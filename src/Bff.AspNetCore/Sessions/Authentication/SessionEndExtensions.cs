using Bff.Sessions.Store;

namespace Bff.Sessions.Authentication;

internal static class SessionEndExtensions
{
    /// <summary>
    /// Why the session whose cookie the request brought ended: one of <see cref="EndReasons"/>; null when it brought none, or it cannot be found out.
    /// </summary>
    public static async Task<string?> FindEndReasonAsync(this HttpContext context) =>
        context.Features.Get<SessionEnd>() is { } end ? end.Reason ?? await context.FindEndReasonAsync(end.Id) : null;

    /// <summary>As <see cref="FindEndReasonAsync(HttpContext)"/>, for who decides by it; null when the request brought no cookie, or nobody knows.</summary>
    /// <exception cref="SessionStoreException">It cannot be found out now.</exception>
    public static async Task<string?> RequireEndReasonAsync(this HttpContext context)
    {
        if (context.Features.Get<SessionUnknown>() is { } unknown) { throw unknown.Reason; }
        if (context.Features.Get<SessionEnd>() is not { } end) { return null; }
        return end.Reason ?? await context.RequestServices.GetRequiredService<ISessionStore>().FindEndAsync(end.Id, context.RequestAborted);
    }

    /// <summary>
    /// Why this session ended; null when it cannot be found out. That nobody is signed in is known without it, so the response does not fail for it.
    /// </summary>
    public static async Task<string?> FindEndReasonAsync(this HttpContext context, SessionId id)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<ISessionStore>().FindEndAsync(id, context.RequestAborted);
        }
        catch (SessionStoreException)
        {
            return null;
        }
    }

    /// <summary>Nobody is signed in, and why not any longer.</summary>
    public static async Task<Problem> SignInRequiredAsync(this HttpContext context) =>
        Problem.SignInRequired with { Reason = await context.FindEndReasonAsync() };
}

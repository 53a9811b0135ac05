namespace Bff.Sessions;

/// <summary>What the page may know about its session: who and until when, never a token.</summary>
internal sealed record SessionView(
    bool IsLoggedIn,
    DateTimeOffset Now,
    string? Name = null,
    string? Sub = null,
    DateTimeOffset? AccessTokenExpiresAt = null,
    DateTimeOffset? RenewsAt = null,
    DateTimeOffset? SessionExpiresAt = null,
    string? Renewal = null,
    string? LogoutUrl = null,
    string? RenewalError = null,
    DateTimeOffset? AbsoluteEndsAt = null,
    string? Reason = null)
{
    /// <summary>The proxy renews the tokens itself.</summary>
    public const string Background = "background";

    /// <summary>No refresh token: the page renews through the silent page.</summary>
    public const string Silent = "silent";

    /// <summary>Why the last try to renew failed: the provider cannot be reached, it refuses this application, or it wants the user.</summary>
    private const string ProviderUnavailable = "idp_unavailable", ClientRefused = "provider_refuses_client", SignInNeeded = "login_required";

    /// <param name="session">Null when nobody is signed in.</param>
    /// <param name="now">The server's time.</param>
    /// <param name="pathBase">The path below which browsers find us.</param>
    /// <param name="endReason">Why the session of before ended, when nobody is signed in and that is known.</param>
    public static SessionView Of(Session? session, DateTimeOffset now, PathString pathBase, string? endReason = null) => session is null
        ? new SessionView(IsLoggedIn: false, now, Reason: endReason)
        : new SessionView(
            IsLoggedIn: true,
            now,
            session.DisplayName,
            session.Subject,
            session.Tokens?.ExpiresAt,
            session.DueAt,
            session.EndsAt,
            session.Tokens?.CanRefresh(now) == true && session.LastFailure is not { NeedsSignIn: true } ? Background : Silent,
            LogoutUrlOf(session, pathBase),
            ErrorOf(session.LastFailure),
            session.AbsoluteEndsAt);

    private static string? ErrorOf(RenewalFailure? failure) => failure?.Kind switch
    {
        null => null,
        RenewalFailureKind.ProviderUnavailable => ProviderUnavailable,
        RenewalFailureKind.ClientRefused => ClientRefused,
        _ => SignInNeeded,
    };

    public static string LogoutUrlOf(Session session, PathString pathBase) => pathBase + "/bff/logout?sid=" + session.Sid;
}

namespace Bff.Sessions;

/// <summary>Why a session ended: words for pages, logs and metrics that stay the same between releases.</summary>
internal static class EndReasons
{
    /// <summary>The user signed out.</summary>
    public const string SignedOut = "signed_out";

    /// <summary>The same browser signed in again.</summary>
    public const string Replaced = "replaced";

    /// <summary>The provider renews it no longer.</summary>
    public const string SessionEnded = "session_ended";

    /// <summary>Nothing was called for <c>IdleTimeout</c>.</summary>
    public const string IdleTimeout = "idle_timeout";

    /// <summary>It had lived for <c>AbsoluteTimeout</c>.</summary>
    public const string AbsoluteTimeout = "absolute_timeout";

    /// <summary>Somebody who operates Bff ended it.</summary>
    public const string EndedByAdmin = "ended_by_admin";

    /// <summary>The provider said that the user is signed out there.</summary>
    public const string ProviderLogout = "provider_logout";

    /// <summary>Its user ended it, from another session of theirs.</summary>
    public const string EndedByUser = "ended_by_user";

    /// <summary>Its user signed in once more elsewhere, and it was the oldest of more than <c>MaxPerUser</c>.</summary>
    public const string TooManySessions = "too_many_sessions";

    /// <summary>Nobody here saw why.</summary>
    public const string Unknown = "unknown";

    /// <summary>How long a reason is remembered: long enough for a page that was left open over a weekend.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromDays(3);

    public static readonly string[] All =
        [SignedOut, Replaced, SessionEnded, IdleTimeout, AbsoluteTimeout, EndedByAdmin, ProviderLogout, EndedByUser, TooManySessions, Unknown];

    /// <summary>Whether a silent sign-in may bring such a session back: nobody meant it to end, and no rule did.</summary>
    public static bool MayBeHealed(string? reason) => reason is null or SessionEnded or Unknown;

    /// <summary>The timeout that ended, or will end, a session.</summary>
    public static string TimeoutOf(Session session) => TimeoutOf(session.EndsAt, session.AbsoluteEndsAt);

    public static string TimeoutOf(DateTimeOffset endsAt, DateTimeOffset absoluteEndsAt) => endsAt >= absoluteEndsAt ? AbsoluteTimeout : IdleTimeout;

    /// <summary>Who ended it, in the audit stream's words.</summary>
    public static string EndedBy(string reason) => reason switch
    {
        SignedOut or EndedByUser => Audit.By.User,
        Replaced => Audit.By.Replaced,
        SessionEnded or ProviderLogout => Audit.By.IdentityProvider,
        IdleTimeout or AbsoluteTimeout => Audit.By.Timeout,
        EndedByAdmin => Audit.By.Admin,
        TooManySessions => Audit.By.Limit,
        _ => Audit.By.Unknown,
    };
}

namespace Bff.Sessions;

/// <summary>
/// The session store, or the keys beside it, cannot be used now, whatever its driver calls that: the one exception of the store that anybody catches. Nothing
/// is known of the session that was asked for, and nobody is signed out by it.
/// </summary>
/// <param name="reason">What is wrong, in the driver's words; for operators.</param>
/// <param name="inner">What the driver threw.</param>
internal sealed class SessionStoreException(string reason, Exception? inner = null) : ProblemException(Problem, reason, inner)
{
    /// <summary>When asking again may help.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>It did not answer: nobody listens, or not in time. Else it answered that it cannot do it.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>The connection was the fault: a new one may do.</summary>
    public bool IsConnection { get; init; }

    /// <summary>What is stored is damaged.</summary>
    public bool IsDamage { get; init; }

    /// <summary>What was stored is gone.</summary>
    public bool IsLoss { get; init; }

    /// <summary>It answered, and refused this one operation; that says nothing of how it fares with others.</summary>
    public bool IsRefusal { get; init; }

    /// <summary>Two waited for each other, and this one was taken back in whole: it can be repeated, whatever it was.</summary>
    public bool IsDeadlock { get; init; }

    /// <returns>The one an exception is, or was caused by; null when it is none.</returns>
    public static new SessionStoreException? In(Exception? error) => error as SessionStoreException ?? (error is null ? null : In(error.InnerException));

    /// <summary>What a caller is told.</summary>
    public static Problem Problem { get; } = new(
        StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The session store cannot be reached.", "You stay signed in; try again shortly.",
        RetryAfter);
}

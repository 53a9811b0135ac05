namespace Bff;

/// <summary>A session has ended.</summary>
public sealed class SessionEnded
{
    /// <summary>The session's handle, as in <see cref="SessionStarted.Session"/>.</summary>
    public required string Session { get; init; }

    /// <summary>
    /// Why: <c>signed_out</c>, <c>replaced</c>, <c>session_ended</c>, <c>idle_timeout</c>, <c>absolute_timeout</c>, <c>ended_by_admin</c>,
    /// <c>provider_logout</c>, <c>ended_by_user</c>, <c>too_many_sessions</c> or <c>unknown</c>.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>The name of the provider; <c>default</c> for <c>Bff:Oidc</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The name of the front end; <c>default</c> for the one that is configured without a name.</summary>
    public required string FrontEnd { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

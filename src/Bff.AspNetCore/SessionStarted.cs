namespace Bff;

/// <summary>A user has signed in.</summary>
public sealed class SessionStarted
{
    /// <summary>The session's handle: no secret, the same in logs and in the other events.</summary>
    public required string Session { get; init; }

    /// <summary>Whose it is: the provider's <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The name of the provider; <c>default</c> for <c>Bff:Oidc</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The name of the front end; <c>default</c> for the one that is configured without a name.</summary>
    public required string FrontEnd { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

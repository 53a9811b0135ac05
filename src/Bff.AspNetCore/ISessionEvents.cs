namespace Bff;

/// <summary>
/// Is told of sessions as they begin, are renewed and end. Register it as a singleton; there may be several. It is told at the node where it happens and nowhere
/// else: where the user signed in, where the tokens were renewed, where the end was brought about or, of a timeout, noticed.
/// </summary>
/// <remarks>
/// Calls come one after the other, in the order in which things happened at this node, after they have been stored, and nobody's request waits for them. What is
/// thrown is logged and harms no session. A process that stops tells first what it has left to tell; one that is killed does not. More than 10,000 that wait, or
/// a call that takes more than 30 seconds, are given up, and logged.
/// </remarks>
public interface ISessionEvents
{
    /// <summary>A user has signed in.</summary>
    /// <param name="started">The new session.</param>
    /// <param name="cancellationToken">Cancelled when the call takes too long.</param>
    /// <returns>When the next event may be told.</returns>
    Task StartedAsync(SessionStarted started, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A session has new tokens.</summary>
    /// <param name="renewed">The session.</param>
    /// <param name="cancellationToken">Cancelled when the call takes too long.</param>
    /// <returns>When the next event may be told.</returns>
    Task RenewedAsync(SessionRenewed renewed, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A session has ended.</summary>
    /// <param name="ended">Which, and why.</param>
    /// <param name="cancellationToken">Cancelled when the call takes too long.</param>
    /// <returns>When the next event may be told.</returns>
    Task EndedAsync(SessionEnded ended, CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Collections.Concurrent;

namespace Bff.HostTests.Embedding;

/// <summary>Writes down what it is told of sessions, and fails each time all the same.</summary>
internal sealed class Listener : ISessionEvents
{
    private readonly ConcurrentQueue<string> _told = new();

    public IReadOnlyCollection<string> Told => _told;

    public Task StartedAsync(SessionStarted started, CancellationToken cancellationToken) => Note($"{started.Session} of {started.Subject} started");

    public Task RenewedAsync(SessionRenewed renewed, CancellationToken cancellationToken) => Note($"{renewed.Session} of {renewed.Subject} renewed");

    public Task EndedAsync(SessionEnded ended, CancellationToken cancellationToken) => Note($"{ended.Session} ended: {ended.Reason}");

    private Task Note(string what)
    {
        _told.Enqueue(what);
        throw new InvalidOperationException("The listener's own fault.");
    }
}

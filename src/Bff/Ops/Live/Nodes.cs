using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Live;

/// <summary>Which nodes share the store, as this one hears of them (<see cref="Heartbeat"/>).</summary>
internal sealed class Nodes(Heartbeat heartbeat, IOptions<NodeDescription> self, TimeProvider clock)
{
    /// <summary>One of an older version says every 15 s that it lives; one beat may be lost, and the next may wait for the store.</summary>
    private static readonly TimeSpan SlowBeats = TimeSpan.FromSeconds(60);

    public string Name => self.Value.Name;

    /// <summary>
    /// The others; and whether each is alive: null while that cannot be said, since the store keeps this node from hearing of them. A process that has died is
    /// no longer told of once another has its place.
    /// </summary>
    public IEnumerable<(Node Node, bool? IsAlive)> Others =>
        from other in heartbeat.Others
        where !(other.IsAlive == false && IsReplaced(other.Node))
        select (other.Node, heartbeat.IsHeard ? other.IsAlive ?? BeatsSlowly(other.Node) : null);

    private bool IsReplaced(Node node) =>
        node.Name == Name || heartbeat.Others.Any(other => other.Node.Name == node.Name && other.Node.StartedAt > node.StartedAt);

    private bool? BeatsSlowly(Node node) => clock.GetUtcNow() - node.SeenAt < SlowBeats ? true : null;
}

using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bff.Simulation;

/// <summary>Where a node says that it lives, and reads who else does.</summary>
/// <param name="board">What each said last, by its instance; all nodes have the same.</param>
/// <param name="latency">Of a statement.</param>
/// <param name="clock">The node's.</param>
internal sealed class NodeStorage(Dictionary<string, Node> board, Func<TimeSpan> latency, TimeProvider clock) : SessionStorage
{
    public override bool IsShared => true;

    public override async Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
    {
        await Task.Delay(latency(), clock, cancellationToken);
        lock (board)
        {
            board[self.Instance!] = self;
            return [.. board.Values.Where(node => node.Instance != self.Instance)];
        }
    }

    public override SchemaMigration? FindMigration() => null;

    public override void Prepare()
    {
    }

    public override IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock) =>
        throw new NotSupportedException();

    public override IXmlRepository OpenKeyRing(ILoggerFactory loggers) => throw new NotSupportedException();

    public override void ForgetConnections()
    {
    }

    public override ValueTask DisposeAsync() => default;
}

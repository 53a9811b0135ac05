using System.Text.Json;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>Which nodes share the servers. Nobody waits long to say so, and the next time is soon.</summary>
internal sealed class RedisNodes(RedisConnection connection)
{
    public async Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
    {
        var database = connection.Database;
        await database.HashSetAsync(RedisKeys.Nodes, self.Name, JsonSerializer.Serialize(self)).WaitAsync(cancellationToken);
        var entries = await database.HashGetAllAsync(RedisKeys.Nodes).WaitAsync(cancellationToken);
        var nodes = entries.Select(entry => (entry.Name, Node: Read(entry.Value))).ToList();
        RedisValue[] gone = [.. nodes.Where(entry => entry.Node is null || entry.Node.SeenAt < forgetBefore).Select(entry => entry.Name)];
        if (gone.Length > 0) { await database.HashDeleteAsync(RedisKeys.Nodes, gone).WaitAsync(cancellationToken); }
        return
        [
            .. nodes.Where(entry => !gone.Contains(entry.Name)).Select(entry => entry.Node).OfType<Node>().Where(node => node.Name != self.Name)
                .OrderBy(node => node.Name, StringComparer.Ordinal),
        ];
    }

    public Task LeaveAsync(string node, CancellationToken cancellationToken) =>
        connection.Database.HashDeleteAsync(RedisKeys.Nodes, node).WaitAsync(cancellationToken);

    private static Node? Read(RedisValue json)
    {
        try
        {
            return JsonSerializer.Deserialize<Node>((string)json!) is { Name: not null } node ? node : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

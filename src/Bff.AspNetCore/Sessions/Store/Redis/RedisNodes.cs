using System.Text.Json;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>Which nodes share the servers. Nobody waits long to say so, and the next time is soon.</summary>
internal sealed class RedisNodes(RedisConnection connection)
{
    public async Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
    {
        var (database, own) = (connection.Database, KeyOf(self));
        var written = database.HashSetAsync(RedisKeys.Nodes, own, JsonSerializer.Serialize(self));
        var entries = await database.HashGetAllAsync(RedisKeys.Nodes, flags: Primary).WaitAsync(cancellationToken);
        await written.WaitAsync(cancellationToken);
        var nodes = entries.Where(entry => entry.Name != own).Select(entry => (entry.Name, Node: Read(entry.Value))).ToList();
        RedisValue[] gone = [.. nodes.Where(entry => entry.Node is null || entry.Node.SeenAt < forgetBefore).Select(entry => entry.Name)];
        if (gone.Length > 0) { await database.HashDeleteAsync(RedisKeys.Nodes, gone).WaitAsync(cancellationToken); }
        return
        [
            .. nodes.Where(entry => !gone.Contains(entry.Name)).Select(entry => entry.Node).OfType<Node>()
                .OrderBy(node => node.Name, StringComparer.Ordinal).ThenBy(node => node.Instance, StringComparer.Ordinal),
        ];
    }

    public Task LeaveAsync(Node self, CancellationToken cancellationToken) =>
        connection.Database.HashDeleteAsync(RedisKeys.Nodes, KeyOf(self)).WaitAsync(cancellationToken);

    /// <summary>Two of the same name do not hide one another.</summary>
    private static RedisValue KeyOf(Node node) => $"{node.Name}/{node.Instance}";

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

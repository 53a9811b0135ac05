using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;
using Microsoft.Extensions.Options;

namespace Bff.ClusterTests.Redis;

internal sealed class RedisUnderTest(RedisKind servers, TimeSpan timeout) : StorageUnderTest
{
    /// <summary>Two busy cores.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public RedisStorage Redis { get; } = new(servers.ConnectionString, timeout);

    public static async Task<StorageUnderTest> OpenAsync(RedisKind servers, TimeSpan? timeout = null)
    {
        await servers.EmptyAsync();
        var storage = new RedisUnderTest(servers, timeout ?? Timeout);
        storage.Redis.Prepare();
        return storage;
    }

    public override IFullSessionStore OpenStore(
        TokenProtector protector, SessionChanges changes, SessionClients clients, TimeProvider clock, int maxRememberedEnds = 1_000_000) =>
        Redis.OpenStore(protector, changes, Options.Create(clients), clock, maxRememberedEnds);

    public override Task LeaveFailureAsync(Session session, DateTimeOffset since) =>
        servers.Admin.GetDatabase().HashSetAsync(RecordOf(session), [new("fails", 1), new("since", since.ToUnixTimeMilliseconds())]);

    public static StackExchange.Redis.RedisKey RecordOf(Session session) => RedisKeys.Record(RedisKeys.ShardOf(session.Subject), session.Id);

    public override ValueTask DisposeAsync() => Redis.DisposeAsync();
}

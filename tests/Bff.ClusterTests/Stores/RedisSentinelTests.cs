using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store.Redis;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

/// <summary>A primary that sentinels find, and that dies.</summary>
public sealed class RedisSentinelTests
{
    [Theory]
    [InlineData("a sentinel that wants the same user", true)]
    [InlineData("a sentinel that wants none", false)]
    public async Task The_store_goes_on_at_the_replica_that_was_promoted(string _, bool wantsUser)
    {
        await using var first = await RedisServer.StartAsync(RedisUser.Settings);
        await using var second = await RedisServer.StartAsync(["--replicaof", "127.0.0.1", $"{first.Port}", .. RedisUser.Settings]);
        await using var sentinel = new RedisSentinel(first, wantsUser ? [$"user bff on >{RedisUser.Password} allchannels +@all", "user default off"] : []);
        await using var replica = await ConnectionMultiplexer.ConnectAsync(second.ConnectionString + ",allowAdmin=true");
        await using var storage = new RedisStorage(RedisUser.Of(sentinel.ConnectionString), TimeSpan.FromSeconds(5));
        await Eventually.HappensAsync(
            () =>
            {
                try
                {
                    storage.Prepare();
                    return true;
                }
                catch (SessionStoreException)
                {
                    return false;   // it has not found the primary yet
                }
            },
            "the sentinel knows the primary");
        var store = RedisUnderTest.StoreOn(storage);
        var session = RedisUnderTest.NewSession("alice");
        await store.AddAsync(session, [], limit: null, default);
        await Eventually.HappensAsync(
            async () => await replica.GetDatabase().KeyExistsAsync(RedisUnderTest.RecordOf(session), CommandFlags.PreferReplica)
                && await IsKnownAsync(), "the replica has it, and the sentinel knows the replica");

        first.Kill();

        await Eventually.HappensAsync(
            async () =>
            {
                try
                {
                    await store.AddAsync(RedisUnderTest.NewSession("bob"), [], limit: null, default);
                    return true;
                }
                catch (Exception error) when (RedisFailures.Of(error) is { IsRefusal: false })
                {
                    return false;
                }
            },
            "it can be written again");
        (await store.FindAsync(session.Id, default)).ShouldNotBeNull().Tokens.ShouldBe(session.Tokens);

        async Task<bool> IsKnownAsync()
        {
            await using var asked = await ConnectionMultiplexer.SentinelConnectAsync(
                $"127.0.0.1:{sentinel.Port}{(wantsUser ? $",user=bff,password={RedisUser.Password}" : "")}");
            var replicas = await asked.GetServers().Single().SentinelReplicasAsync(RedisSentinel.Service);
            return replicas.Any(one => one.Any(entry => entry is { Key: "master-link-status", Value: "ok" }));
        }
    }
}

using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

/// <summary>A server that has lost what was stored, as one without an append-only file that was restarted.</summary>
[Collection(nameof(OneRedis))]
public sealed class RedisLossTests(OneRedis servers) : StoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);

    [Fact]
    public async Task It_is_noticed_by_every_node_before_it_tells_anybody_that_they_have_no_session()
    {
        var (session, losses) = (await AddAsync(), new List<SessionStoreException>());
        await using var cold = new RedisStorage(servers.ConnectionString, RedisUnderTest.Timeout);
        await using var signingIn = new RedisStorage(servers.ConnectionString, RedisUnderTest.Timeout);
        await using var quiet = new RedisStorage(servers.ConnectionString, RedisUnderTest.Timeout);
        RedisStorage[] nodes = [((RedisUnderTest)Storage).Redis, cold, signingIn, quiet];
        foreach (var node in nodes)
        {
            node.Prepare();
            node.Unprepared = losses.Add;
        }

        (await FindAsync(session)).ShouldNotBeNull();
        (await RedisUnderTest.StoreOn(cold).FindAsync(SessionKey.New().Id, default)).ShouldBeNull();

        await servers.EmptyAsync();

        var later = session with { Id = SessionKey.New().Id };
        await IsNoticedAsync(() => FindAsync(session), 1);
        nodes[0].Prepare();
        (await FindAsync(session)).ShouldBeNull();
        await IsNoticedAsync(() => RedisUnderTest.StoreOn(cold).FindAsync(session.Id, default), 2);
        await IsNoticedAsync(() => RedisUnderTest.StoreOn(signingIn).AddAsync(later, [], limit: null, default), 3);
        await IsNoticedAsync(() => RedisUnderTest.StoreOn(quiet).RemoveEndedAsync(Now, default), 4);
        foreach (var node in nodes[1..]) { node.Prepare(); }
        foreach (var node in nodes) { (await RedisUnderTest.StoreOn(node).FindAsync(session.Id, default)).ShouldBeNull(); }
        await RedisUnderTest.StoreOn(signingIn).AddAsync(later, [], limit: null, default);
        (await servers.Admin.GetDatabase().KeyExistsAsync(RedisKeys.Schema)).ShouldBeTrue();
        losses.Count.ShouldBe(nodes.Length);

        async Task IsNoticedAsync(Func<Task> act, int count)
        {
            (await Should.ThrowAsync<SessionStoreException>(act)).IsLoss.ShouldBeTrue();
            losses.Count.ShouldBe(count);
        }
    }
}

using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

/// <summary>A sign-in that takes too long, because one server of a cluster hangs.</summary>
[Collection(nameof(ClusteredRedis))]
public sealed class RedisUndoneSignInTests(ClusteredRedis servers) : StoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);

    [Fact]
    public async Task A_session_that_nobody_waits_for_any_longer_does_not_stay()
    {
        var template = await AddAsync();
        await Store.RemoveAsync(template.Id, null, EndReasons.Unknown, default);
        await Store.CompleteRevocationAsync((await ClaimRevocationsAsync()).Single(), again: null, default);
        var hanging = servers.Admin.GetServer(RedisKeys.DeclaredOf(RedisKeys.ShardOf("alice"))[0]);
        var session = template;
        while (Equals(servers.Admin.GetServer(RedisKeys.Place($"{session.Id}")).EndPoint, hanging.EndPoint))
        {
            session = template with { Id = SessionKey.New().Id };
        }

        using var waiting = new CancellationTokenSource();
        await hanging.ExecuteAsync("CLIENT", "PAUSE", "60000", "WRITE");
        try
        {
            var adding = Store.AddAsync(session, [], limit: null, waiting.Token);
            await Eventually.HappensAsync(
                async () => (await hanging.InfoAsync("clients")).Single().Single(entry => entry.Key == "blocked_clients").Value == "1", "it is on its way");
            await waiting.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(adding);
        }
        finally
        {
            await hanging.ExecuteAsync("CLIENT", "UNPAUSE");
        }

        await Eventually.HappensAsync(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(2));
            return (await ClaimRevocationsAsync(Clock.GetUtcNow())).Count == 1;
        }, "it has come, and its tokens are to be revoked");
        (await FindAsync(session)).ShouldBeNull();
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(0);
    }
}

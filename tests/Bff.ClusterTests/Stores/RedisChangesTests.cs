using System.Collections.Concurrent;
using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(OneRedis))]
public sealed class RedisChangesTests(OneRedis servers) : RedisChangesContract(servers)
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("bff:changes");

    private readonly ISubscriber _anybody = servers.Admin.GetSubscriber();

    [Fact]
    public async Task A_batch_that_was_not_heard_is_missed_and_one_that_comes_twice_counts_once()
    {
        var (other, missed) = (Guid.NewGuid().ToString("N"), 0);
        Heard.Missed += () => Interlocked.Increment(ref missed);

        await IsHeardAsync($"{other} 1 0", expected: 0);
        await IsHeardAsync($"{other} 2 1 first::", expected: 0);
        await IsHeardAsync($"{other} 3 1", expected: 0);
        await IsHeardAsync($"{other} 4 3", expected: 2);   // it begins, and is over
        await IsHeardAsync($"{other} 5 5 second::", expected: 4);
        await IsHeardAsync($"{other} 5 5 second::", expected: 4);
        await IsHeardAsync($"{Guid.NewGuid():N} 1 7", expected: 6);   // nobody knows what it has said

        Changes.Count(change => change.Id.Value == "second").ShouldBe(1);

        async Task IsHeardAsync(string message, int expected)
        {
            var end = Guid.NewGuid().ToString("N");
            await _anybody.PublishAsync(Channel, message);
            await _anybody.PublishAsync(Channel, $"{Guid.NewGuid():N} 1 1 {end}::");
            await Eventually.HappensAsync(() => Changes.Any(change => change.Id.Value == end));
            Volatile.Read(ref missed).ShouldBe(expected, message);
        }
    }

    [Fact]
    public async Task What_a_node_said_before_its_connection_broke_does_not_make_it_trust_its_copies_again()
    {
        var (said, clock, changes, heard) = (new ConcurrentQueue<string>(), new FakeTimeProvider(), new SessionChanges(), new ConcurrentQueue<SessionChange>());
        var missed = 0;
        changes.Published += heard.Enqueue;
        changes.Missed += () => Interlocked.Increment(ref missed);
        await _anybody.SubscribeAsync(Channel, (_, message) => said.Enqueue((string)message!));
        await using var storage = new RedisStorage(servers.ConnectionString, RedisUnderTest.Timeout);
        storage.Prepare();
        using var carrier = new SessionChangeCarrier(storage, changes, clock, NullLoggerFactory.Instance);
        await carrier.StartAsync(default);
        await Eventually.HappensAsync(() => Volatile.Read(ref missed) >= 2 && !changes.Blind, "it hears itself");
        changes.Publish(new SessionChange(new SessionId("of-this-node"), DueAt: null));
        string? own = null;
        await Eventually.HappensAsync(() => (own = said.FirstOrDefault(message => message.Contains("of-this-node", StringComparison.Ordinal))) is not null);

        await servers.Admin.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await Eventually.HappensAsync(() => changes.Blind, "it notices");
        await Eventually.HappensAsync(
            async () =>
            {
                await _anybody.PublishAsync(Channel, own!);
                await _anybody.PublishAsync(Channel, $"{Guid.NewGuid():N} 1 1 after::");
                return heard.Any(change => change.Id.Value == "after");
            },
            "it hears others again");
        changes.Blind.ShouldBeTrue();

        await Eventually.HappensAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return !changes.Blind;
            },
            "it hears itself again");
        await carrier.StopAsync(default);
    }
}

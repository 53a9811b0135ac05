using System.Collections.Concurrent;
using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bff.ClusterTests.Stores;

/// <summary>What nodes tell each other.</summary>
public abstract class RedisChangesContract(RedisKind servers) : IAsyncLifetime
{
    private readonly SessionChanges _sent = new(), _heard = new();
    private readonly ConcurrentQueue<SessionChange> _changes = new();
    private Node? _sender, _hearer;

    private protected SessionChanges Heard => _heard;

    private protected IReadOnlyCollection<SessionChange> Changes => _changes;

    /// <summary>A node that carries its changes.</summary>
    private sealed record Node(RedisStorage Storage, SessionChangeCarrier Carrier) : IAsyncDisposable
    {
        public static async Task<Node> StartAsync(string connectionString, SessionChanges changes)
        {
            var storage = new RedisStorage(connectionString, RedisUnderTest.Timeout);
            storage.Prepare();
            var carrier = new SessionChangeCarrier(storage, changes, TimeProvider.System, NullLoggerFactory.Instance);
            await carrier.StartAsync(default);
            return new(storage, carrier);
        }

        public async ValueTask DisposeAsync()
        {
            await Carrier.StopAsync(default);
            Carrier.Dispose();
            await Storage.DisposeAsync();
        }
    }

    public async ValueTask InitializeAsync()
    {
        _heard.Published += _changes.Enqueue;
        _sender = await Node.StartAsync(servers.ConnectionString, _sent);
        _hearer = await Node.StartAsync(servers.ConnectionString, _heard);
        await Eventually.HappensAsync(() => !_sent.Blind && !_heard.Blind, "both hear themselves");
        await Eventually.HappensAsync(() =>
        {
            _sent.Publish(new SessionChange(new SessionId("hello"), DueAt: null));   // until the servers of a new cluster have found each other
            return _changes.Any(change => change.Id.Value == "hello");
        }, "one hears the other");
    }

    public async ValueTask DisposeAsync()
    {
        await _sender!.DisposeAsync();
        await _hearer!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_change_is_heard_by_the_other_node_and_not_by_its_own()
    {
        var echoes = new ConcurrentQueue<SessionChange>();
        _sent.Published += change => { if (change.Remote) { echoes.Enqueue(change); } };
        var due = DateTimeOffset.FromUnixTimeMilliseconds(1_893_499_200_000);

        _sent.Publish(new SessionChange(new SessionId("renewed"), due));
        _sent.Publish(new SessionChange(new SessionId("ended"), DueAt: null, EndReasons.SignedOut));

        await Eventually.HappensAsync(() => _changes.Any(change => change.Id.Value == "ended"));
        _changes.Where(change => change.Id.Value is "renewed" or "ended")   // what came of another test comes late from another server
            .ShouldBe([new(new("renewed"), due, Remote: true), new(new("ended"), null, EndReasons.SignedOut, Remote: true)]);
        echoes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_whose_subscription_is_cut_trusts_no_copy_until_it_hears_again()
    {
        var missed = 0;
        _heard.Missed += () => Interlocked.Increment(ref missed);

        foreach (var server in servers.Admin.GetServers()) { await server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub"); }

        await Eventually.HappensAsync(() => Volatile.Read(ref missed) >= 2 && !_heard.Blind && !_sent.Blind, "it is blind, and sees again");
        _sent.Publish(new SessionChange(new SessionId("after"), DueAt: null));
        await Eventually.HappensAsync(() => _changes.Any(change => change.Id.Value == "after"));
    }
}

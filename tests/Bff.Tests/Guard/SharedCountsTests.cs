using System.Net;
using Bff.Guard;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Guard;

[Trait("Standard", "HARD-4")]
public sealed class SharedCountsTests : IDisposable
{
    private static readonly IPAddress Stranger = IPAddress.Parse("203.0.113.7");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 10, TimeSpan.Zero));
    private readonly Dictionary<string, long> _store = [];
    private readonly SharedCounts _here;
    private readonly SharedCounts _there;
    private int _operations;
    private bool _isAway;

    public SharedCountsTests() => (_here, _there) = (Node(), Node());

    [Fact]
    public async Task What_came_to_another_node_counts_here_a_second_later()
    {
        Ask(_there, 6).ShouldBe(6);
        Ask(_here, 1).ShouldBe(1);
        await ExchangeAsync(_there, _here);

        Ask(_here, 10).ShouldBe(3, "ten in a minute, of both together");

        Ask(_there, 1).ShouldBe(1, "it has heard of nothing since");
        await ExchangeAsync(_here, _there);
        Ask(_there, 10).ShouldBe(0);
        _here.TryCount("sign-in", Stranger, 10).ShouldBe(TimeSpan.FromSeconds(50));
    }

    [Fact]
    public async Task The_next_minute_begins_anew()
    {
        Ask(_there, 10);
        Ask(_here, 1);
        await ExchangeAsync(_there, _here);
        Ask(_here, 1).ShouldBe(0);
        _clock.Advance(TimeSpan.FromSeconds(50));
        Ask(_here, 1).ShouldBe(1);
    }

    [Fact]
    public async Task Addresses_and_kinds_are_counted_apart_and_the_addresses_of_one_customer_together()
    {
        Ask(_there, 10);
        Ask(_here, 1);
        await ExchangeAsync(_there, _here);
        _here.TryCount("callback", Stranger, 10).ShouldBeNull();
        _here.TryCount("sign-in", IPAddress.Parse("203.0.113.8"), 10).ShouldBeNull();

        var (one, other) = (IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2"));
        _here.TryCount("sign-in", one, 1).ShouldBeNull();
        _here.TryCount("sign-in", other, 1).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_flood_costs_one_operation_a_second_and_nothing_while_nobody_asks()
    {
        for (var i = 0; i < 50_000; i++) { _here.TryCount("sign-in", new IPAddress(i), 600); }
        await ExchangeAsync(_here);
        _operations.ShouldBe(1);
        _store.Count.ShouldBe(SharedCounts.MaxAtOnce);

        _clock.Advance(TimeSpan.FromMinutes(2));
        await ExchangeAsync(_here);
        _operations.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_store_is_away_each_node_counts_for_itself_and_tells_what_it_counted_when_it_is_back()
    {
        _isAway = true;
        Ask(_there, 6).ShouldBe(6);
        await Should.ThrowAsync<IOException>(() => ExchangeAsync(_there));
        Ask(_there, 10).ShouldBe(4);

        _isAway = false;
        Ask(_here, 1);
        await ExchangeAsync(_there, _here);
        Ask(_here, 10).ShouldBe(0);
    }

    [Fact]
    public async Task No_address_is_stored()
    {
        Ask(_here, 1);
        await ExchangeAsync(_here);
        _store.Keys.ShouldNotContain(name => name.Contains("203", StringComparison.Ordinal) && name.Contains("113", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_has_nobody_to_share_with_leaves_it_to_the_limits_of_the_node()
    {
        _here.Exchange = null;
        Ask(_here, 100).ShouldBe(100);
    }

    /// <returns>How many were let in, of ten a minute.</returns>
    private static int Ask(SharedCounts node, int times) => Enumerable.Range(0, times).Count(_ => node.TryCount("sign-in", Stranger, 10) is null);

    private static async Task ExchangeAsync(params SharedCounts[] nodes)
    {
        foreach (var node in nodes) { await node.ExchangeAsync(default); }
    }

    private SharedCounts Node() => new(_clock, NullLogger<SharedCounts>.Instance)
    {
        Exchange = (counts, windowEnd, _) =>
        {
            if (_isAway) { throw new IOException("away"); }
            _operations++;
            foreach (var (name, by) in counts) { _store[$"{name}@{windowEnd}"] = _store.GetValueOrDefault($"{name}@{windowEnd}") + by; }
            return Task.FromResult<IReadOnlyDictionary<string, long>>(counts.ToDictionary(count => count.Key, count => _store[$"{count.Key}@{windowEnd}"]));
        },
    };

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }
}

using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Tests.Renewal;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

/// <summary>When a node takes another one for dead, by what both write into one store.</summary>
public sealed class HeartbeatTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SqliteUnderTest _storage = new();
    private readonly SharedNodes _shared = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly List<Heartbeat> _running = [];
    private readonly List<string> _warnings = [];

    private readonly MortalStore _way;

    public HeartbeatTests() => Store = MortalStore.Of(
        new SqlSessionStore(
            _storage.Database, new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance), new SessionChanges(),
            Options.Create(new SessionClients()), _clock),
        isAlive: () => true, out _way);

    private IFullSessionStore Store { get; }

    [Fact]
    public async Task A_node_that_is_silent_for_three_seconds_loses_its_leases()
    {
        var (dead, alive) = (await StartAsync(), await StartAsync());
        var session = await AddLeasedToAsync(dead);
        await PassAsync(3);
        _running.Remove(dead);

        await PassAsync(2);
        (await IsLeasedAsync(session)).ShouldBeTrue();
        alive.Living.ShouldBe(2);

        await PassAsync(2);
        (await IsLeasedAsync(session)).ShouldBeFalse();
        alive.Living.ShouldBe(1);
        alive.Others.Single().IsAlive.ShouldBe(false);
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(120, 1)]
    public async Task Who_starts_long_after_a_nodes_death_says_nothing_of_it(int seconds, int warnings)
    {
        var (dead, _) = (await StartAsync(), await StartAsync());
        await PassAsync(3);
        _running.Remove(dead);
        await PassAsync(seconds);
        _warnings.ShouldHaveSingleItem().ShouldContain(dead.Instance);

        await StartAsync();
        await PassAsync(10);
        _warnings.Count.ShouldBe(warnings);
    }

    [Fact]
    public async Task Whose_clock_is_wrong_is_not_taken_for_dead()
    {
        var (ahead, behind) = (await StartAsync(TimeSpan.FromMinutes(10)), await StartAsync(TimeSpan.FromMinutes(-10)));
        var (one, two) = (await AddLeasedToAsync(ahead), await AddLeasedToAsync(behind));
        await PassAsync(10);
        (await IsLeasedAsync(one)).ShouldBeTrue();
        (await IsLeasedAsync(two)).ShouldBeTrue();
        (ahead.Living, behind.Living).ShouldBe((2, 2));
    }

    [Fact]
    public async Task A_node_that_has_just_started_watches_for_three_seconds_before_it_judges()
    {
        var dead = await StartAsync();
        var session = await AddLeasedToAsync(dead);
        _running.Remove(dead);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await StartAsync();
        await PassAsync(2);
        (await IsLeasedAsync(session)).ShouldBeTrue();
        await PassAsync(2);
        (await IsLeasedAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task While_the_store_is_away_nobody_is_taken_for_dead_nor_right_after()
    {
        var (one, two) = (await StartAsync(), await StartAsync());
        var (first, second) = (await AddLeasedToAsync(one), await AddLeasedToAsync(two));
        await PassAsync(3);
        _shared.IsAway = true;
        await PassAsync(20);
        one.IsHeard.ShouldBeFalse();
        _shared.IsAway = false;
        await two.BeatAsync(default);   // before the other's first one goes through
        two.Living.ShouldBe(2);
        await PassAsync(5);

        (await IsLeasedAsync(first)).ShouldBeTrue();
        (await IsLeasedAsync(second)).ShouldBeTrue();
        (one.Living, two.Living, one.IsHeard).ShouldBe((2, 2, true));
    }

    [Fact]
    public async Task A_node_that_stood_still_says_that_it_lives_before_it_claims_anything()
    {
        var (paused, other) = (await StartAsync(), await StartAsync());
        await PassAsync(3);
        _running.Remove(paused);
        await PassAsync(10);
        other.Living.ShouldBe(1);
        _running.Add(paused);

        await paused.SpeakUpAsync(default);   // before its timer comes round

        var session = await AddLeasedToAsync(paused);
        await PassAsync(1);
        (await IsLeasedAsync(session)).ShouldBeTrue();
        other.Living.ShouldBe(2);
    }

    [Fact]
    public async Task A_node_that_stood_still_claims_nothing_to_renew_until_nobody_frees_its_leases_who_has_not_heard_of_it_yet()
    {
        var (paused, other) = (await StartAsync(), await StartAsync());
        await PassAsync(3);
        _running.Remove(paused);
        await PassAsync(10);
        Task<Session>? claim = null;
        _shared.AfterAnswer = () =>
        {
            _shared.AfterAnswer = null;
            claim = ClaimAsync();
        };

        await PassAsync(2);

        (await IsLeasedAsync(await claim!)).ShouldBeTrue();
        other.Living.ShouldBe(2);

        async Task<Session> ClaimAsync()
        {
            await paused.SpeakUpToSendAsync(default);
            _running.Add(paused);
            return await AddLeasedToAsync(paused);
        }
    }

    [Fact]
    public async Task Of_many_nodes_that_die_at_once_a_slow_store_frees_all_before_long()
    {
        var dead = new List<Session>();
        for (var node = 0; node < 10; node++) { dead.Add(await AddLeasedToAsync(await StartAsync())); }
        _running.Clear();
        await StartAsync();
        _way.Before = operation =>
        {
            if (operation == nameof(IRenewalQueue.FreeLeasesAsync)) { _clock.Advance(TimeSpan.FromMilliseconds(200)); }
        };

        await PassAsync(6);

        foreach (var session in dead) { (await IsLeasedAsync(session)).ShouldBeFalse(); }
    }

    /// <summary>Whose silence it was may have spoken up meanwhile.</summary>
    [Fact]
    public async Task A_store_that_gets_round_to_it_late_frees_nothing_any_more()
    {
        var (silent, other) = (await StartAsync(), await StartAsync());
        var session = await AddLeasedToAsync(silent);
        await PassAsync(3);
        _running.Remove(silent);
        _way.Before = operation =>
        {
            if (operation == nameof(IRenewalQueue.FreeLeasesAsync)) { _clock.Advance(TimeSpan.FromMilliseconds(600)); }
        };

        await PassAsync(5);
        (await IsLeasedAsync(session)).ShouldBeTrue();
        (other.IsHeard, other.Living).ShouldBe((true, 1));

        _way.Before = null;
        await PassAsync(1);
        (await IsLeasedAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_that_cannot_say_that_it_lives_claims_nothing_while_others_may_free_it()
    {
        var node = await StartAsync();
        await PassAsync(1);
        _shared.IsAway = true;
        await PassAsync(3);

        var refused = await Should.ThrowAsync<SessionStoreException>(() => node.SpeakUpAsync(default).AsTask());
        refused.IsUnanswered.ShouldBeTrue();
        await PassAsync(35);
        await node.SpeakUpAsync(default);   // nobody looks for its leases any longer

        _shared.IsAway = false;
        await node.SpeakUpAsync(default);
        await PassAsync(1);
        await node.SpeakUpAsync(default);
    }

    [Fact]
    public async Task Silence_begins_with_an_answer_that_took_long()
    {
        var (other, watcher) = (await StartAsync(), await StartAsync());
        var session = await AddLeasedToAsync(other);
        await PassAsync(3);
        _running.Clear();
        _clock.Advance(Heartbeat.Interval);
        _shared.Meanwhile = async () =>
        {
            _shared.Meanwhile = null;
            _clock.Advance(TimeSpan.FromSeconds(1.9));
            await other.BeatAsync(default);
        };
        await watcher.BeatAsync(default);
        await watcher.BeatAsync(default);
        _running.Add(watcher);

        await PassAsync(2);   // so long it is silent
        (await IsLeasedAsync(session)).ShouldBeTrue();
        await PassAsync(2);
        (await IsLeasedAsync(session)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lease_that_a_dying_node_took_at_the_last_moment_is_found_too()
    {
        var (dead, _) = (await StartAsync(), await StartAsync());
        await PassAsync(3);
        _running.Remove(dead);
        await PassAsync(5);
        var late = await AddLeasedToAsync(dead);   // the statement was on its way
        await PassAsync(1);
        (await IsLeasedAsync(late)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_that_leaves_in_good_order_frees_what_is_left_and_is_no_longer_counted()
    {
        var (leaver, other) = (await StartAsync(), await StartAsync());
        var session = await AddLeasedToAsync(leaver);
        await PassAsync(1);
        await leaver.StopAsync(default);
        _running.Remove(leaver);
        (await IsLeasedAsync(session)).ShouldBeFalse();
        await PassAsync(1);
        other.Others.ShouldBeEmpty();
        other.Living.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_for_one_node_is_told_nothing()
    {
        var alone = new Heartbeat(
            _storage.Database, Store, Options.Create(new NodeDescription()), _clock, NullLogger<Heartbeat>.Instance);
        await alone.StartAsync(default);
        await alone.ExecuteTask!;
        alone.Living.ShouldBe(1);
        await alone.StopAsync(default);
    }

    private async Task<Heartbeat> StartAsync(TimeSpan ahead = default)
    {
        var node = new Heartbeat(
            _shared, Store, Options.Create(new NodeDescription { Name = "node" }), new WrongClock(_clock, ahead), new Warnings(_warnings));
        _running.Add(node);
        await node.BeatAsync(default);
        return node;
    }

    private async Task<Session> AddLeasedToAsync(Heartbeat node)
    {
        var id = SessionKey.New().Id;
        var session = new Session
        {
            Id = id,
            Sid = id.Value,
            Subject = "alice",
            Claims = [],
            CreatedAt = Now,
            EndsAt = Now.AddHours(1),
            AbsoluteEndsAt = Now.AddHours(1),
            Tokens = new("access", "refresh", "id", "openid", Now, Now.AddMinutes(1)),
        };
        await Store.AddAsync(session, [], limit: null, default);
        (await Store.ClaimAsync(id, session.Version, _clock.GetUtcNow(), $"{node.Instance}/1", Now.AddHours(1), default)).ShouldNotBeNull();
        return session;
    }

    private async Task<bool> IsLeasedAsync(Session session) => (await Store.FindAsync(session.Id, default))!.LeaseUntil > _clock.GetUtcNow();

    /// <summary>Each node that runs says at each interval that it lives.</summary>
    private async Task PassAsync(int seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Heartbeat.Interval)
        {
            _clock.Advance(Heartbeat.Interval);
            foreach (var node in _running) { await node.BeatAsync(default); }
        }
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    private sealed class Warnings(List<string> lines) : ILogger<Heartbeat>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }

    private sealed class WrongClock(FakeTimeProvider clock, TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + ahead;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>Of a store that nodes share, what they say in it.</summary>
    private sealed class SharedNodes : SessionStorage
    {
        private readonly Dictionary<string, Node> _nodes = [];

        public bool IsAway { get; set; }

        /// <summary>Happens between what a node asks and the answer to it.</summary>
        public Func<Task>? Meanwhile { get; set; }

        /// <summary>Happens between the answer to a node and what it does then.</summary>
        public Action? AfterAnswer { get; set; }

        public override bool IsShared => true;

        public override async Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
        {
            if (IsAway) { throw new IOException("away"); }
            _nodes[self.Instance!] = self;
            if (Meanwhile is { } meanwhile) { await meanwhile(); }
            List<Node> others = [.. _nodes.Values.Where(node => node.Instance != self.Instance)];
            AfterAnswer?.Invoke();
            return others;
        }

        public override Task LeaveAsync(Node self, CancellationToken cancellationToken) => Task.FromResult(_nodes.Remove(self.Instance!));

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

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

using Bff.ClusterTests.Redis;
using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

/// <summary>Records of other versions, records that nobody can read, and what was begun by a node that is gone.</summary>
[Collection(nameof(OneRedis))]
public sealed class RedisRecordTests(OneRedis servers) : StoreContract
{
    private IDatabase Server => servers.Admin.GetDatabase();

    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);

    [Fact]
    public async Task What_a_later_version_has_added_survives_a_renewal_by_this_one()
    {
        var session = await AddAsync(dueIn: 0);
        await Server.HashSetAsync(RedisUnderTest.RecordOf(session), [new("v", "1.9"), new("later", "on")]);

        var lease = (await ClaimDueAsync()).ShouldHaveSingleItem();
        (await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        await Store.SlideAsync(session.Id, Now.AddHours(1), default);

        (await FindAsync(session))!.Tokens.ShouldBe(Tokens("new"));
        (await Server.HashGetAsync(RedisUnderTest.RecordOf(session), ["v", "later"])).ShouldBe(["1.9", "on"]);
    }

    public static TheoryData<string> Damages => ["later major version", "no number", "another type", "nothing but a field"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_record_that_nobody_here_can_read_is_over_with_one_line_and_stops_nobody(string damage)
    {
        var (damaged, other) = (await AddAsync(dueIn: -1), await AddAsync(dueIn: -1));
        await DamageAsync(RedisUnderTest.RecordOf(damaged), damage);
        var lines = new List<string>();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new Lines(lines)));
        var ended = new List<(SessionId, string?)>();
        Changes.Published += change => ended.Add((change.Id, change.Ended));
        var store = Storage.OpenStore(
            new(new EphemeralDataProtectionProvider(), loggers.CreateLogger<TokenProtector>()), Changes, new SessionClients(), Clock);

        (await ClaimDueAsync(store)).Select(lease => lease.Session.Id).ShouldBe([other.Id]);
        (await ClaimDueAsync(store)).ShouldBeEmpty();
        (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBe(LeaseEnd);
        (await store.GlanceAsync([damaged.Id, other.Id], default)).ShouldContain(glance => glance.Id == other.Id);
        for (var call = 0; call < 3; call++) { (await store.FindAsync(damaged.Id, default)).ShouldBeNull(); }

        lines.Where(line => line.Contains($"{damaged.Id}", StringComparison.Ordinal)).ShouldHaveSingleItem();
        ended.ShouldBe([(damaged.Id, EndReasons.Unknown)]);
        (await Server.KeyExistsAsync(RedisUnderTest.RecordOf(damaged))).ShouldBeFalse();
        (await Directory.SearchAsync(SessionFilter.None, null, 10, Now, default)).Select(session => session.Id).ShouldBe([other.Id]);
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(1);
        (await Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default)).Select(session => session.Id).ShouldBe([other.Id]);
    }

    private static Task<IReadOnlyList<Lease>> ClaimDueAsync(IFullSessionStore store) =>
        store.ClaimDueAsync(SettingsSection.Default, Now, "me", LeaseEnd, 100, default);

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_record_that_nobody_here_can_read_goes_with_whatever_meets_it_first(string damage)
    {
        foreach (var meet in new Func<Session, Task>[]
        {
            _ => Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default),
            session => Store.RemoveEndedAsync(session.EndsAt, default),
            _ => Store.LogOutAsync(new(SettingsSection.Default, Guid.NewGuid().ToString(), Now.AddMinutes(15)) { Subject = "alice" }, default),
        })
        {
            var session = (await AddAsync()) with { SignInBegunAt = Now };
            await DamageAsync(RedisUnderTest.RecordOf(session), damage);

            await meet(session);

            (await Server.KeyExistsAsync(RedisUnderTest.RecordOf(session))).ShouldBeFalse();
            (await Directory.CountAsync(Now, default)).ShouldBe(new(0, 0));
        }
    }

    [Fact]
    public async Task Of_names_at_the_provider_only_those_of_living_sessions_are_kept()
    {
        var session = await AddAsync(user: "alice");
        async Task<Session> NamedAsync(string user, TimeSpan life)
        {
            var named = session with
            {
                Id = SessionKey.New().Id, Subject = user, Claims = [new("sub", user), new("sid", "constant")], AbsoluteEndsAt = Now + life,
                SignInBegunAt = Clock.GetUtcNow(),
            };
            await Store.AddAsync(named, [], limit: null, default);
            return named;
        }

        await NamedAsync("bob", TimeSpan.FromHours(1));
        await NamedAsync("carol", TimeSpan.FromHours(9));
        await Directory.RemoveUserAsync("carol", null, EndReasons.EndedByAdmin, default);
        Clock.Advance(TimeSpan.FromHours(2));
        var last = await NamedAsync("dave", TimeSpan.FromHours(9));

        var names = servers.Admin.GetServers().Single().Keys(pattern: "*:sid:*").ToList();
        (await Server.SortedSetRangeByRankAsync(names.ShouldHaveSingleItem())).ShouldBe([$"{new Place(last.Id, RedisKeys.ShardOf("dave"))}"]);
    }

    private async Task DamageAsync(RedisKey record, string damage)
    {
        switch (damage)
        {
            case "later major version": await Server.HashSetAsync(record, "v", "2.0"); break;
            case "no number": await Server.HashSetAsync(record, "created", "yesterday"); break;
            case "another type": await Server.StringSetAsync(record, "text"); break;
            default:
                await Server.KeyDeleteAsync(record);
                await Server.HashSetAsync(record, "ends", "1");
                break;
        }
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }

    [Fact]
    public async Task What_a_sign_in_of_a_node_that_is_gone_has_left_to_end_is_ended_by_another()
    {
        var (now, old) = (await AddAsync(), await AddAsync(user: "bob"));
        var shard = RedisKeys.ShardOf("alice");
        var task = new UnfinishedEnds(Now, EndReasons.Replaced, [""], [new Place(old.Id, RedisKeys.ShardOf("bob"))]);
        await Server.HashSetAsync(RedisKeys.Undone(shard), now.Id.Value, $"{task}");

        (await Store.RemoveEndedAsync(Now, default)).ShouldBeEmpty("who began it may be at it");
        Clock.Advance(TimeSpan.FromSeconds(31));
        (await Store.RemoveEndedAsync(Clock.GetUtcNow(), default)).Single().ShouldBe(EndedSession.Of(old, EndReasons.Replaced));

        (await FindAsync(old)).ShouldBeNull();
        (await FindAsync(now)).ShouldNotBeNull();
        (await Server.KeyExistsAsync(RedisKeys.Undone(shard))).ShouldBeFalse();
    }

    [Fact]
    public async Task Of_sign_ins_and_a_logout_that_names_no_user_at_once_none_gets_past()
    {
        for (var round = 0; round < 20; round++)
        {
            var sid = "sid-" + round;
            var template = await AddAsync(user: "template-" + round);
            var begun = Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
            {
                var session = template with
                {
                    Id = SessionKey.New().Id, Sid = "new", Subject = $"user-{round}-{number}", SignInBegunAt = Now,
                    Claims = [.. template.Claims, new("sid", sid)],
                };
                try
                {
                    await Store.AddAsync(session, [], limit: null, default);
                }
                catch (SignedOutMeanwhileException)
                {
                    // It came after the logout.
                }
            })).ToList();
            var logout = Task.Run(() => Store.LogOutAsync(new(SettingsSection.Default, sid, Now.AddMinutes(15)) { Sid = sid }, default));

            await Task.WhenAll([.. begun, logout]);

            (await FoundAsync($"user-{round}-")).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_session_that_is_known_is_read_with_one_command_and_one_that_is_not_with_two()
    {
        var session = await AddAsync();
        var elsewhere = StoreOf(new SessionClient());

        (await CommandsOfAsync(() => elsewhere.FindAsync(session.Id, default))).ShouldBe(2);
        (await CommandsOfAsync(() => elsewhere.FindAsync(session.Id, default))).ShouldBe(1);

        // Nobody hears that they have no session from a server that was emptied; all shards are asked once in a while.
        await elsewhere.FindAsync(SessionKey.New().Id, default);
        (await CommandsOfAsync(() => elsewhere.FindAsync(SessionKey.New().Id, default))).ShouldBe(2);
    }

    private async Task<long> CommandsOfAsync(Func<Task> act)
    {
        var before = await CommandsAsync();
        await act();
        return await CommandsAsync() - before - 1;   // to ask is one
    }

    private async Task<long> CommandsAsync() => long.Parse(
        (await servers.Admin.GetServers().Single().InfoAsync("stats")).Single().Single(entry => entry.Key == "total_commands_processed").Value);

    [Fact]
    public async Task A_server_that_has_forgotten_the_scripts_is_sent_them_again()
    {
        var session = await AddAsync();
        await servers.Admin.GetServers().Single().ExecuteAsync("SCRIPT", "FLUSH");
        (await Store.SlideAsync(session.Id, Now.AddHours(1), default)).ShouldBe(Now.AddHours(1));
    }

    [Fact]
    public async Task Where_all_is_over_little_is_left()
    {
        var session = await AddAsync();
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        await Store.CompleteRevocationAsync((await ClaimRevocationsAsync()).Single(), again: null, default);
        Clock.Advance(TimeSpan.FromDays(4));
        await Store.RemoveEndedAsync(Clock.GetUtcNow(), default);

        var left = servers.Admin.GetServers().Single().Keys().Select(key => (string)key!).Where(key => !key.EndsWith(":origin", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        left.ShouldBe([$"bff:h:{session.Id}", "bff:schema", $"{RedisKeys.DeclaredOf(RedisKeys.ShardOf("alice"))[0]}:clients"]);
        foreach (var key in left.Where(key => key.StartsWith("bff:h:", StringComparison.Ordinal)))
        {
            (await Server.KeyTimeToLiveAsync(key))!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromDays(4));
        }
    }
}

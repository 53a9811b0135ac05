using System.Collections.Concurrent;
using Bff.ClusterTests.Redis;
using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

/// <summary>A part of a cluster does not answer: a slot is being moved, or a server hangs. What is elsewhere is done all the same.</summary>
[Collection(nameof(ClusteredRedis))]
public sealed class RedisPartialOutageTests(ClusteredRedis servers) : StoreContract
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(6);

    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers, Timeout);

    private static RedisKey KeyOf(string user) => RedisKeys.DeclaredOf(RedisKeys.ShardOf(user))[0];

    private RedisServer ServerOf(string user) => servers.ServerOf(KeyOf(user));

    /// <summary>One whose sessions are at another server.</summary>
    private string UserElsewhere(params RedisServer[] busy) =>
        Enumerable.Range(0, 1000).Select(number => $"user-{number}").First(user => !busy.Contains(ServerOf(user)));

    [Fact]
    public async Task While_a_slot_is_moved_nothing_of_it_is_done_and_nothing_is_lost()
    {
        var session = await AddAsync(dueIn: -1);
        var lease = (await ClaimDueAsync()).ShouldHaveSingleItem();
        await using (await servers.MoveSlotOfAsync(KeyOf("alice")))
        {
            await IsAwayAsync(() => Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default));
            await IsAwayAsync(() => Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default));
            await IsAwayAsync(() => Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default));
            await IsAwayAsync(() => Store.SlideAsync(session.Id, Now.AddHours(1), default));
            await IsAwayAsync(() => Store.LogOutAsync(new(SettingsSection.Default, "logout", Now.AddMinutes(15)) { Subject = "alice" }, default));
            await IsAwayAsync(() => AddAsync());
        }

        (await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        (await FindAsync(session))!.Tokens.ShouldBe(Tokens("new"));
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(1);
        (await Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default)).Select(one => one.Id).ShouldBe([session.Id]);
    }

    private static async Task IsAwayAsync(Func<Task> act) =>
        RedisFailures.Of(await Should.ThrowAsync<Exception>(act)).ShouldNotBeNull().IsUnanswered.ShouldBeTrue();

    [Fact]
    public async Task What_is_due_elsewhere_is_claimed_while_a_part_does_not_answer()
    {
        var there = UserElsewhere(ServerOf("alice"));
        var (alice, other) = (await AddAsync(dueIn: -2), await AddAsync(dueIn: -1, user: there));
        await Store.RevokeLaterAsync(SessionKey.New().Id, SettingsSection.Default, "alice", Tokens("one"), ended: false, default);
        await Store.RevokeLaterAsync(SessionKey.New().Id, SettingsSection.Default, there, Tokens("two"), ended: false, default);
        await EndAsync(other, "removed");
        other = await AddAsync(dueIn: -1, user: UserElsewhere(ServerOf("alice"), ServerOf(there)));
        await using (await servers.MoveSlotOfAsync(KeyOf("alice")))
        {
            (await ClaimDueAsync(take: 1)).Select(lease => lease.Session.Id).ShouldBe([other.Id]);
            await IsAwayAsync(() => ClaimDueAsync());
            (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(Now.AddSeconds(2));
            (await ClaimRevocationsAsync()).ShouldNotBeEmpty();
        }

        (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldBe([alice.Id]);
    }

    [Fact]
    public async Task What_is_due_elsewhere_is_claimed_while_a_server_hangs()
    {
        var (alice, other) = (await AddAsync(dueIn: -2), await AddAsync(dueIn: -1, user: UserElsewhere(ServerOf("alice"))));
        var hanging = ServerOf("alice");
        hanging.Freeze();
        try
        {
            (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldBe([other.Id]);
            (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBe(Now.AddSeconds(2));
        }
        finally
        {
            hanging.Thaw();
        }

        (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldBe([alice.Id]);
    }

    [Fact]
    public async Task A_sign_in_does_not_wait_for_the_server_of_a_session_that_it_replaces()
    {
        var old = await AddAsync(user: "bob");
        var session = await NewElsewhereAsync("bob");
        ServerOf("bob").Freeze();
        try
        {
            var adding = Store.AddAsync(session, [old.Id], limit: null, default);
            await Eventually.HappensAsync(() =>
            {
                Clock.Advance(TimeSpan.FromMilliseconds(100));
                return adding.IsCompleted;
            }, "the sign-in goes on", Timeout / 2);
            (await adding).ShouldNotBeNull().ShouldBeEmpty();
            (await FindAsync(session)).ShouldNotBeNull();
        }
        finally
        {
            ServerOf("bob").Thaw();
        }

        await Eventually.HappensAsync(async () => await FindAsync(old) is null, "the one that it replaces ends");
    }

    [Fact]
    public async Task A_sign_in_that_was_given_up_while_it_ended_another_does_not_stay()
    {
        var old = await AddAsync(user: "bob");
        var session = await NewElsewhereAsync("bob");
        using var waiting = new CancellationTokenSource();
        ServerOf("bob").Freeze();
        try
        {
            var adding = Store.AddAsync(session, [old.Id], limit: null, waiting.Token);
            await Eventually.HappensAsync(() => servers.Admin.GetDatabase().KeyExistsAsync(RedisUnderTest.RecordOf(session)), "it is there");
            await waiting.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(adding);
            await Eventually.HappensAsync(async () =>
            {
                Clock.Advance(TimeSpan.FromSeconds(2));
                return await FindAsync(session) is null;
            }, "it is there no longer");
        }
        finally
        {
            ServerOf("bob").Thaw();
        }
    }

    /// <summary>A new session whose place and record are not where this user's are.</summary>
    private async Task<Session> NewElsewhereAsync(string user)
    {
        var template = await AddAsync(user: UserElsewhere(ServerOf(user)));
        await Store.RemoveAsync(template.Id, null, EndReasons.Unknown, default);
        var session = template with { SignInBegunAt = Now };
        do { session = session with { Id = SessionKey.New().Id }; }
        while (servers.ServerOf(RedisKeys.Place($"{session.Id}")) == ServerOf(user));

        return session;
    }

    [Fact]
    public async Task A_sign_in_whose_connection_broke_cannot_come_later()
    {
        var template = await AddAsync();
        var session = template with { Id = SessionKey.New().Id, SignInBegunAt = Now };
        while (servers.ServerOf(RedisKeys.Place($"{session.Id}")) == ServerOf("alice")) { session = session with { Id = SessionKey.New().Id }; }
        var server = servers.Admin.GetServer(KeyOf("alice"));
        await server.ExecuteAsync("CLIENT", "PAUSE", "60000", "WRITE");
        try
        {
            var adding = Store.AddAsync(session, [], limit: null, default);
            await Eventually.HappensAsync(
                async () => (await server.InfoAsync("clients")).Single().Single(entry => entry.Key == "blocked_clients").Value == "1", "it waits");
            await server.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await Should.ThrowAsync<RedisConnectionException>(adding);
        }
        finally
        {
            await server.ExecuteAsync("CLIENT", "UNPAUSE");
        }

        var marks = RedisKeys.Marks(RedisKeys.ShardOf("alice"));
        await Eventually.HappensAsync(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(2));
            return await servers.Admin.GetDatabase().SortedSetScoreAsync(marks, $"gone:{session.Id.Value}") is not null;
        }, "it is undone");
        await Should.ThrowAsync<SignedOutMeanwhileException>(() => Store.AddAsync(session, [], limit: null, default));
    }

    [Fact]
    public async Task What_is_over_elsewhere_is_told_of_while_a_part_does_not_answer()
    {
        var ends = new ConcurrentQueue<SessionId>();
        Changes.Published += change => { if (change.Ended is not null) { ends.Enqueue(change.Id); } };
        var there = UserElsewhere(ServerOf("alice"));
        var (alice, other) = (await AddAsync(endsIn: TimeSpan.FromMinutes(1)), await AddAsync(endsIn: TimeSpan.FromMinutes(1), user: there));
        var (alicesSealed, otherSealed) = (await AddAsync(), await AddAsync(user: there));
        Clock.Advance(TimeSpan.FromMinutes(2));
        await using (await servers.MoveSlotOfAsync(KeyOf("alice")))
        {
            (await Store.RemoveEndedAsync(Clock.GetUtcNow(), default)).Select(ended => ended.Id).ShouldBe([other.Id]);
            await IsAwayAsync(() => Store.RemoveSealedWithAsync(KeyOf(otherSealed), EndReasons.EndedByAdmin, default));
            ends.ShouldBe([otherSealed.Id]);
        }

        (await Store.RemoveEndedAsync(Clock.GetUtcNow(), default)).Select(ended => ended.Id).ShouldBe([alice.Id]);
        (await Store.RemoveSealedWithAsync(KeyOf(alicesSealed), EndReasons.EndedByAdmin, default)).Select(ended => ended.Id).ShouldBe([alicesSealed.Id]);
    }
}

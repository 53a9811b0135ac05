using System.Globalization;
using Bff.ClusterTests.Redis;
using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

/// <summary>What claims cost the servers, and limits of what one script looks at.</summary>
[Collection(nameof(OneRedis))]
public sealed class RedisCostTests(OneRedis servers) : StoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);

    [Fact]
    public async Task Who_claims_one_at_a_time_or_after_a_short_sleep_does_not_ask_all_shards_before_each()
    {
        const int sessions = 20;
        for (var number = 0; number < sessions; number++) { await AddAsync(dueIn: -sessions + number, user: $"user-{number % 7}"); }
        var before = await RangesAsync();
        var claimed = new List<DateTimeOffset?>();
        while (await ClaimDueAsync(take: 1) is [var lease]) { claimed.Add(lease.Session.DueAt); }

        claimed.Count.ShouldBe(sessions);
        (await RangesAsync() - before).ShouldBeLessThan(3 * RedisKeys.Shards);

        await AddAsync(dueIn: -1);
        (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBe(Now.AddSeconds(-1));
        before = await RangesAsync();
        (await ClaimDueAsync()).ShouldHaveSingleItem();
        (await RangesAsync() - before).ShouldBeLessThan(RedisKeys.Shards);

        // What others have made due since then is found all the same.
        var late = await AddAsync(dueIn: -1);
        (await ClaimDueAsync(take: 1)).ShouldHaveSingleItem().Session.Id.ShouldBe(late.Id);
    }

    /// <summary>Looks at sorted sets so far, those of scripts included.</summary>
    private async Task<long> RangesAsync(string command = "zrange")
    {
        var stats = (await servers.Admin.GetServers().Single().InfoAsync("commandstats")).Single().ToDictionary();
        if (!stats.TryGetValue("cmdstat_" + command, out var figures)) { return 0; }
        return long.Parse(figures.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Who_wants_one_session_does_not_look_at_all_that_began_together()
    {
        await Task.WhenAll(Enumerable.Range(0, 300).Select(number => AddAsync(user: $"user-{number % 3}")));
        var before = await RangesAsync("zrevrangebyscore");
        (await Directory.SearchAsync(SessionFilter.None, after: null, take: 1, Now, default)).ShouldHaveSingleItem();
        (await RangesAsync("zrevrangebyscore") - before).ShouldBeLessThanOrEqualTo(RedisKeys.Shards);
    }

    [Fact]
    public async Task However_many_tokens_are_held_back_those_behind_them_are_revoked()
    {
        const int moreThanOneScriptLooksAt = 120;
        await AddAsync();
        for (var number = 0; number < moreThanOneScriptLooksAt; number++)
        {
            await Store.RevokeLaterAsync(SessionKey.New().Id, SettingsSection.Default, "alice", Tokens("held-back"), ended: false, default);
        }

        Clock.Advance(TimeSpan.FromSeconds(1));
        var neighbour = Enumerable.Range(0, 10_000).Select(number => $"user-{number}").First(user => RedisKeys.ShardOf(user) == RedisKeys.ShardOf("alice"));
        var free = SessionKey.New().Id;
        await Store.RevokeLaterAsync(free, SettingsSection.Default, neighbour, Tokens("free"), ended: false, default);

        (await ClaimRevocationsAsync(Clock.GetUtcNow(), take: 2)).ShouldHaveSingleItem().SessionId.ShouldBe(free);
    }

    [Fact]
    public async Task A_user_with_very_many_sessions_sees_the_one_that_asks_and_the_newest_and_all_of_them_can_be_ended()
    {
        var asking = await AddAsync(createdIn: -UserSession.MaxOfSubject - 10);
        var seconds = Enumerable.Range(-UserSession.MaxOfSubject, UserSession.MaxOfSubject + 1);
        var others = await Task.WhenAll(seconds.Select(second => AddAsync(createdIn: second)));

        var listed = await Directory.ListOfUserAsync(asking, handle: null, take: 3, Now, default);
        listed.Select(session => session.Id).ShouldBe([asking.Id, others[^1].Id, others[^2].Id]);

        (await Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default)).Count.ShouldBe(1 + others.Length);
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(0);
    }
}

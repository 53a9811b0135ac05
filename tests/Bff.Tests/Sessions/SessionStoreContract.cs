using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

/// <summary>What every session store promises.</summary>
public abstract class SessionStoreContract : StoreContract
{
    [Fact]
    public async Task What_nodes_count_is_summed_up_by_name_and_window()
    {
        await Store.CountAsync(new Dictionary<string, int> { ["a"] = 2, ["b"] = 1 }, Now.AddMinutes(1), default);

        var sums = await Store.CountAsync(new Dictionary<string, int> { ["b"] = 5, ["c"] = 3 }, Now.AddMinutes(1), default);

        sums.ShouldBe(new Dictionary<string, long> { ["b"] = 6, ["c"] = 3 }, ignoreOrder: true);
        (await Store.CountAsync(new Dictionary<string, int> { ["b"] = 1 }, Now.AddMinutes(2), default))["b"].ShouldBe(1, "another minute");
    }

    [Fact]
    public async Task Nodes_that_count_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(node => Task.Run(async () =>
        {
            for (var i = node; i < node + 2; i++)
            {
                var name = i % 2 == 0 ? "a" : "b";
                await Store.CountAsync(new Dictionary<string, int> { [name] = 1, ["both"] = 1 }, Now.AddMinutes(1), default);
            }
        })));
        (await Store.CountAsync(new Dictionary<string, int> { ["a"] = 0, ["both"] = 0 }, Now.AddMinutes(1), default))
            .ShouldBe(new Dictionary<string, long> { ["a"] = 8, ["both"] = 16 }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_glance_tells_which_sessions_have_changed_and_which_are_gone()
    {
        var (same, renewed, slid, ended) = (await AddAsync(), await AddAsync(), await AddAsync(), await AddAsync());
        await Queue.CompleteRenewalAsync((await ClaimAsync(renewed))!, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        await Store.SlideAsync(slid.Id, Now.AddHours(2), default);
        await Store.RemoveAsync(ended.Id, null, EndReasons.SignedOut, default);

        (await Store.GlanceAsync([same.Id, renewed.Id, slid.Id, ended.Id, SessionKey.New().Id], default)).ShouldBe(
            [new(same.Id, 1, 0, same.EndsAt), new(renewed.Id, 2, 0, renewed.EndsAt), new(slid.Id, 1, 0, Now.AddHours(2))], ignoreOrder: true);
        (await Store.GlanceAsync([], default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_comes_back_as_it_was_added()
    {
        var session = await AddAsync(dueIn: 45);
        var found = await FindAsync(session);
        found.ShouldNotBeNull();
        found.Tokens.ShouldBe(session.Tokens);
        found.Claims.ShouldBe(session.Claims);
        (found.Sid, found.Subject, found.SessionState, found.Version).ShouldBe((session.Sid, session.Subject, session.SessionState, session.Version));
        (found.CreatedAt, found.EndsAt, found.AbsoluteEndsAt, found.DueAt).ShouldBe((session.CreatedAt, session.EndsAt, session.AbsoluteEndsAt, session.DueAt));
    }

    [Fact]
    public async Task An_unknown_session_is_not_found() => (await Store.FindAsync(SessionKey.New().Id, default)).ShouldBeNull();

    [Fact]
    public async Task Sliding_moves_the_end_but_never_past_the_absolute_end_and_touches_nothing_else()
    {
        var session = await AddAsync();
        (await Store.SlideAsync(session.Id, Now.AddHours(1), default)).ShouldBe(Now.AddHours(1));
        (await FindAsync(session))!.EndsAt.ShouldBe(Now.AddHours(1));
        (await Store.SlideAsync(session.Id, Now.AddMinutes(59), default)).ShouldBe(Now.AddHours(1), "another node was faster");
        (await Store.SlideAsync(session.Id, Now.AddDays(30), default)).ShouldBe(session.AbsoluteEndsAt);
        (await Store.SlideAsync(SessionKey.New().Id, Now.AddHours(1), default)).ShouldBeNull();
        var found = (await FindAsync(session))!;
        found.EndsAt.ShouldBe(session.AbsoluteEndsAt);
        (found.Version, found.Tokens).ShouldBe((session.Version, session.Tokens));
    }

    [Fact]
    public async Task Why_a_session_ended_is_remembered_for_three_days_and_nothing_else_of_it()
    {
        var other = new SessionClient { Name = "other" };
        var (signedOut, idle, absolute, ended, refused) = (
            await AddAsync(), await AddAsync(endsIn: TimeSpan.FromMinutes(-1)), await AddAsync(
                endsIn: TimeSpan.FromMinutes(-1), absolutelyIn: TimeSpan.FromMinutes(-1)),
            await AddAsync(user: "bob"), await AddAsync());
        (await ReasonOfAsync(signedOut)).ShouldBeNull("it lives");
        await Store.RemoveAsync(signedOut.Id, null, EndReasons.SignedOut, default);
        await Store.RemoveAsync(signedOut.Id, null, EndReasons.Replaced, default);
        await Directory.RemoveUserAsync("bob", null, EndReasons.EndedByAdmin, default);
        await Queue.RemoveAsync((await ClaimAsync(refused))!, EndReasons.SessionEnded, default);
        await Store.RemoveEndedAsync(Now, default);

        await RememberedAsync(true);
        (await StoreOf(other).FindEndAsync(signedOut.Id, default)).ShouldBeNull("a node of another client");
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(0);
        (await Directory.SearchAsync(SessionFilter.None, null, 10, Now, default)).ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromDays(3) - TimeSpan.FromSeconds(1));
        await Store.RemoveEndedAsync(Clock.GetUtcNow(), default);
        await RememberedAsync(true);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await RememberedAsync(false);
        await Store.RemoveEndedAsync(Clock.GetUtcNow(), default);
        Clock.AdjustTime(Now);
        await RememberedAsync(false);

        async Task RememberedAsync(bool isRemembered)
        {
            (await ReasonOfAsync(signedOut)).ShouldBe(isRemembered ? EndReasons.SignedOut : null);
            (await ReasonOfAsync(idle)).ShouldBe(isRemembered ? EndReasons.IdleTimeout : null);
            (await ReasonOfAsync(absolute)).ShouldBe(isRemembered ? EndReasons.AbsoluteTimeout : null);
            (await ReasonOfAsync(ended)).ShouldBe(isRemembered ? EndReasons.EndedByAdmin : null);
            (await ReasonOfAsync(refused)).ShouldBe(isRemembered ? EndReasons.SessionEnded : null);
        }

        Task<string?> ReasonOfAsync(Session session) => Store.FindEndAsync(session.Id, default);
    }

    [Fact]
    public async Task A_session_that_ends_again_after_a_restore_ended_for_its_last_reason()
    {
        var session = await AddAsync();
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        await Store.AddAsync(session, [], limit: null, default);   // as a restored dump brings it back
        await Store.RemoveAsync(session.Id, null, EndReasons.EndedByAdmin, default);
        (await Store.FindEndAsync(session.Id, default)).ShouldBe(EndReasons.EndedByAdmin);
    }

    [Fact]
    public async Task An_end_for_no_known_reason_is_not_remembered()
    {
        var session = await AddAsync();
        await Store.RemoveAsync(session.Id, null, EndReasons.Unknown, default);
        (await FindAsync(session)).ShouldBeNull();
        (await Store.FindEndAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_too_many_ends_the_oldest_are_forgotten()
    {
        var store = StoreOf(new SessionClient(), maxRememberedEnds: 10);
        var ended = new List<Session>();
        for (var i = 0; i < 13; i++)
        {
            ended.Add(await AddAsync());
            await store.RemoveAsync(ended[i].Id, null, EndReasons.SignedOut, default);
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await store.RemoveEndedAsync(Clock.GetUtcNow(), default);

        foreach (var (i, session) in ended.Index()) { (await store.FindEndAsync(session.Id, default)).ShouldBe(i < 3 ? null : EndReasons.SignedOut); }
    }

    [Fact]
    public async Task Removing_ends_a_session_once()
    {
        var session = await AddAsync();
        (await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldNotBeNull();
        (await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldBeNull();
        (await FindAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_was_renewed_is_not_removed_by_who_saw_the_old_one()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = await ClaimAsync(session);
        await Queue.CompleteRenewalAsync(lease!, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        (await Store.RemoveAsync(session.Id, session.Version, EndReasons.SignedOut, default)).ShouldBeNull();
        (await FindAsync(session)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Ended_sessions_are_swept_and_others_stay()
    {
        var ended = await AddAsync(endsIn: TimeSpan.Zero);
        await AddAsync(endsIn: TimeSpan.Zero, absolutelyIn: TimeSpan.Zero);
        var alive = await AddAsync();
        (await Store.RemoveEndedAsync(Now, default)).Select(session => session.Reason).Order(StringComparer.Ordinal)
            .ShouldBe([EndReasons.AbsoluteTimeout, EndReasons.IdleTimeout]);
        (await FindAsync(ended)).ShouldBeNull();
        (await FindAsync(alive)).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_may_be_used_once_is_used_up_until_it_may_be_forgotten()
    {
        (await Store.UseOnceAsync("state", Now.AddMinutes(10), default)).ShouldBeTrue();
        (await Store.UseOnceAsync("state", Now.AddMinutes(10), default)).ShouldBeFalse();
        (await Store.UseOnceAsync("another", Now.AddMinutes(10), default)).ShouldBeTrue();
        await Store.RemoveEndedAsync(Now.AddMinutes(9), default);
        (await Store.UseOnceAsync("state", Now.AddMinutes(10), default)).ShouldBeFalse();
        await Store.RemoveEndedAsync(Now.AddMinutes(10), default);
        (await Store.UseOnceAsync("state", Now.AddMinutes(20), default)).ShouldBeTrue();
    }

    [Fact]
    [Trait("Standard", "HARD-2")]
    public async Task Of_many_who_use_something_up_at_once_one_does()
    {
        var uses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Store.UseOnceAsync("state", Now.AddMinutes(10), default))));
        uses.Count(used => used).ShouldBe(1);
    }

    [Fact]
    public async Task A_swept_session_says_which_timeout_ended_it()
    {
        var idle = await AddAsync(endsIn: TimeSpan.FromHours(1));
        var absolute = await AddAsync();
        await Store.SlideAsync(absolute.Id, Now.AddDays(1), default);
        (await Store.RemoveEndedAsync(Now.AddHours(12), default)).Select(ended => (ended.Id, ended.Reason))
            .ShouldBe([(idle.Id, EndReasons.IdleTimeout), (absolute.Id, EndReasons.AbsoluteTimeout)], ignoreOrder: true);
    }

    [Fact]
    public async Task Every_write_is_published_with_its_due_time()
    {
        var heard = new List<DateTimeOffset?>();
        Changes.Published += change => heard.Add(change.DueAt);
        var session = await AddAsync(dueIn: 45);
        var lease = (await ClaimAsync(session))!;
        await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        heard.ShouldBe([Now.AddSeconds(45), Now.AddMinutes(1), null]);
    }

    public static TheoryData<string> Ends => ["removed", "removed as seen", "all of the user", "swept", "sealed with a key"];

    [Theory]
    [MemberData(nameof(Ends))]
    [Trait("Standard", "HARD-12")]
    public async Task Whatever_ends_a_session_keeps_its_newest_refresh_token_to_be_revoked_once(string end)
    {
        var session = await AddAsync();
        await Queue.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        await EndAsync(session, end);

        var due = (await ClaimRevocationsAsync()).ShouldHaveSingleItem();
        (due.SessionId, due.Tokens, due.Attempts).ShouldBe((session.Id, Tokens("new"), 1));
        await Store.CompleteRevocationAsync(due, again: null, default);
        (await ClaimRevocationsAsync(Now.AddDays(3))).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Nothing_is_kept_where_the_provider_revokes_nothing_or_there_was_no_refresh_token(string end)
    {
        var silent = await AddAsync(dueIn: null);
        await EndAsync(silent, end);
        var store = StoreOf(new SessionClient { KeepsForRevocation = () => false });
        var session = await AddAsync();
        await EndAsync(session, end, store);
        await store.RevokeLaterAsync(session.Id, SettingsSection.Default, session.Subject, Tokens("late"), ended: true, default);

        (await FindAsync(session)).ShouldBeNull();
        (await ClaimRevocationsAsync(Now.AddDays(3))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(6.9, 1)]
    [InlineData(7, 0)]
    public async Task What_a_client_left_that_is_gone_is_kept_for_a_week_and_then_forgotten(double days, int left)
    {
        var gone = StoreOf(new SessionClient { Name = "gone" });
        await EndAsync(await AddAsync(store: gone), "removed", gone);

        await Store.RemoveEndedAsync(Now.AddDays(days), default);

        (await ClaimRevocationsAsync(gone, Now.AddDays(days))).Count.ShouldBe(left);
    }

    [Fact]
    public async Task What_the_client_of_another_Bff_holds_back_is_left_to_it_however_long()
    {
        var other = StoreOf(new SessionClient { Name = "other" });
        await AddAsync(store: other, endsIn: TimeSpan.FromDays(90), absolutelyIn: TimeSpan.FromDays(90));
        await other.RemoveAsync((await AddAsync(store: other)).Id, null, EndReasons.Replaced, default);
        for (var day = 0; day < 20; day++)
        {
            await Store.RemoveEndedAsync(Now.AddDays(day), default);
            (await ClaimRevocationsAsync(other, Now.AddDays(day))).ShouldBeEmpty();
        }

        (await ClaimRevocationsAsync(other, Now.AddDays(91))).ShouldHaveSingleItem().Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_revocation_belongs_to_one_caller_until_its_time_is_over()
    {
        foreach (var session in new[] { await AddAsync(), await AddAsync(), await AddAsync() }) { await EndAsync(session, "removed"); }
        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ClaimRevocationsAsync(take: 2))));
        claimed.SelectMany(due => due).Select(due => due.Id).Distinct().Count().ShouldBe(3);
        claimed.Sum(due => due.Count).ShouldBe(3);
        var late = claimed.SelectMany(due => due).First();

        var again = await ClaimRevocationsAsync(LeaseEnd);
        again.Count.ShouldBe(3);
        await Store.CompleteRevocationAsync(late, again: null, default);
        (await ClaimRevocationsAsync(LeaseEnd.AddMinutes(1))).Count.ShouldBe(3, "who lost it has no say any longer");
    }

    [Fact]
    public async Task A_revocation_that_failed_is_due_again_when_it_was_said_to_be_and_given_up_a_day_after_the_first_attempt()
    {
        await EndAsync(await AddAsync(), "removed");
        var due = (await ClaimRevocationsAsync()).Single();
        due.ForgetAt.ShouldBe(Now.AddDays(1));
        await Store.CompleteRevocationAsync(due, Now.AddMinutes(5), default);
        (await ClaimRevocationsAsync(Now.AddMinutes(4))).ShouldBeEmpty();
        due = (await ClaimRevocationsAsync(Now.AddMinutes(5))).Single();
        (due.Attempts, due.ForgetAt).ShouldBe((2, Now.AddDays(1)));
    }

    [Fact]
    public async Task While_a_renewal_is_under_way_the_old_refresh_token_waits_for_its_answer()
    {
        var (answered, unanswered) = (await AddAsync(), await AddAsync());
        var lease = (await ClaimAsync(answered))!;
        await ClaimAsync(unanswered);
        await EndAsync(answered, "removed");
        await EndAsync(unanswered, "removed");
        (await ClaimRevocationsAsync()).ShouldBeEmpty();

        (await Queue.CompleteRenewalAsync(lease, Tokens("new"), null, claims: null, default)).ShouldBeFalse();
        await Store.RevokeLaterAsync(answered.Id, SettingsSection.Default, answered.Subject, Tokens("new"), ended: true, default);
        (await ClaimRevocationsAsync()).ShouldHaveSingleItem().Tokens.ShouldBe(Tokens("new"));
        (await ClaimRevocationsAsync(LeaseEnd)).Select(due => due.SessionId).ShouldContain(unanswered.Id);
    }

    [Fact]
    public async Task A_session_that_ended_unasked_waits_while_its_user_has_another()
    {
        var (old, other, now) = (await AddAsync(), await AddAsync(user: "bob"), await AddAsync(createdIn: 1));
        await Store.RemoveAsync(old.Id, null, EndReasons.Replaced, default);
        (await ClaimRevocationsAsync(take: 1)).ShouldBeEmpty();
        await Store.RemoveAsync(other.Id, null, EndReasons.Replaced, default);
        (await ClaimRevocationsAsync(take: 1)).ShouldHaveSingleItem().SessionId.ShouldBe(other.Id);

        await Store.RemoveAsync(now.Id, null, EndReasons.SignedOut, default);
        (await ClaimRevocationsAsync()).ShouldHaveSingleItem().SessionId.ShouldBe(now.Id, "what somebody asked for waits for nothing");
        var late = (await ClaimRevocationsAsync(Now.AddMinutes(10))).Single(due => due.SessionId == old.Id);
        (late.Attempts, late.ForgetAt).ShouldBe((1, Now.AddMinutes(10).AddDays(1)), "waiting is no attempt");
    }

    [Fact]
    public async Task A_new_session_ends_what_it_takes_the_place_of_in_the_same_step()
    {
        var (old, other) = (await AddAsync(), await AddAsync(user: "bob"));
        var now = old with { Id = SessionKey.New().Id, Sid = "new" };

        (await Store.AddAsync(now, [old.Id, SessionKey.New().Id], limit: null, default))!.Select(ended => ended.Id).ShouldBe([old.Id]);

        (await Store.FindAsync(now.Id, default)).ShouldNotBeNull();
        (await Store.FindAsync(old.Id, default)).ShouldBeNull();
        (await Store.FindEndAsync(old.Id, default)).ShouldBe(EndReasons.Replaced);
        (await ClaimRevocationsAsync()).ShouldBeEmpty("its tokens may be of the new one's grant");

        await Should.ThrowAsync<Exception>(Store.AddAsync(now, [other.Id], limit: null, default));
        (await Store.FindAsync(other.Id, default)).ShouldNotBeNull("nothing is done by halves");
    }

    [Fact]
    public async Task The_oldest_sessions_of_a_user_give_way_to_a_new_one_when_there_are_too_many()
    {
        var (third, first, second) = (await AddAsync(createdIn: 3), await AddAsync(createdIn: 1), await AddAsync(createdIn: 2));
        var (idle, other) = (await AddAsync(endsIn: TimeSpan.Zero), await AddAsync(user: "bob"));
        var now = third with { Id = SessionKey.New().Id, Sid = "new", CreatedAt = Now };   // by a node whose clock is behind

        var ended = await Store.AddAsync(now, [], new(2, TooManySessions.EndOldest), default);

        ended!.Select(session => (session.Id, session.Reason))
            .ShouldBe([(first.Id, EndReasons.TooManySessions), (second.Id, EndReasons.TooManySessions)], ignoreOrder: true);
        (await Store.FindEndAsync(first.Id, default)).ShouldBe(EndReasons.TooManySessions);
        foreach (var session in new[] { now, third, idle, other }) { (await FindAsync(session)).ShouldNotBeNull(); }
        (await ClaimRevocationsAsync()).ShouldBeEmpty("its tokens may be of the grant of those that go on");
        (await ClaimRevocationsAsync(Now.AddHours(1))).Select(due => due.SessionId).ShouldBe([first.Id, second.Id], ignoreOrder: true);
    }

    [Fact]
    public async Task Nothing_is_done_for_the_newest_when_it_is_the_one_too_many()
    {
        var limit = new SessionLimit(2, TooManySessions.RefuseNewest);
        var (first, second, other) = (await AddAsync(), await AddAsync(), await AddAsync(user: "bob"));
        var now = first with { Id = SessionKey.New().Id, Sid = "new" };

        (await Store.AddAsync(now, [other.Id], limit, default)).ShouldBeNull();

        (await FindAsync(now)).ShouldBeNull();
        foreach (var session in new[] { first, second, other }) { (await FindAsync(session)).ShouldNotBeNull(); }
        (await Store.AddAsync(now, [first.Id], limit, default))!.Single().Id.ShouldBe(first.Id, "one that is replaced makes room");
    }

    [Fact]
    public async Task Who_has_more_than_may_be_by_now_still_replaces_a_session_and_is_none_more()
    {
        var limit = new SessionLimit(1, TooManySessions.RefuseNewest);
        var (first, second, other) = (await AddAsync(), await AddAsync(), await AddAsync(user: "bob"));
        var now = first with { Id = SessionKey.New().Id, Sid = "new" };

        (await Store.AddAsync(now, [other.Id, first.Id], limit, default))!.Select(session => session.Id).ShouldBe([other.Id, first.Id]);

        foreach (var session in new[] { now, second }) { (await FindAsync(session)).ShouldNotBeNull(); }
    }

    [Fact]
    public async Task One_sign_in_ends_a_hundred_sessions_at_most_and_the_next_ones_the_rest()
    {
        var limit = new SessionLimit(2, TooManySessions.EndOldest);
        var old = new List<Session>();
        for (var i = 0; i < 103; i++) { old.Add(await AddAsync(createdIn: i)); }
        var now = old[0] with { Id = SessionKey.New().Id, Sid = "new", CreatedAt = Now.AddHours(1) };

        (await Store.AddAsync(now, [], limit, default))!.Select(session => session.Id).ShouldBe(old.Take(100).Select(session => session.Id), ignoreOrder: true);
        (await Store.AddAsync(now with { Id = SessionKey.New().Id, Sid = "newer" }, [], limit, default))!.Count.ShouldBe(3);
        (await FindAsync(now)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("EndOldest")]
    [InlineData("RefuseNewest")]
    public async Task However_many_sign_in_at_once_on_two_nodes_no_more_are_left_than_may_be(string whenTooMany)
    {
        var limit = new SessionLimit(3, Enum.Parse<TooManySessions>(whenTooMany));
        var template = await AddAsync();
        var nodes = new[] { StoreOf(new SessionClient()), StoreOf(new SessionClient()) };

        var added = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(async () =>
        {
            var session = template with { Id = SessionKey.New().Id, Sid = $"{number}" };
            return (session.Id, Ended: await nodes[number % 2].AddAsync(session, [], limit, default));
        })));

        var left = (await FoundAsync("alice")).ToList();
        left.Count.ShouldBe(3);
        added.Count(each => each.Ended is null).ShouldBe(limit.WhenTooMany == TooManySessions.RefuseNewest ? 18 : 0);
        var ended = added.SelectMany(each => each.Ended ?? []).Select(each => each.Id).ToList();
        ended.ShouldBeUnique();
        left.ShouldBe(added.Where(each => each.Ended is not null).Select(each => each.Id).Append(template.Id).Except(ended), ignoreOrder: true);
    }

    [Fact]
    public async Task A_user_of_the_same_name_at_another_provider_or_of_another_tenant_is_somebody_else()
    {
        var limit = new SessionLimit(1, TooManySessions.EndOldest);
        var here = await AddAsync(store: StoreOfTwoProviders);
        var there = await AddAsync(provider: "staff", store: StoreOfTwoProviders);
        var tenant = here with { Id = SessionKey.New().Id, Sid = "tenant", Claims = [.. here.Claims, new("tid", "another")] };
        (await StoreOfTwoProviders.AddAsync(tenant, [], limit, default))!.ShouldBeEmpty();

        var next = there with { Id = SessionKey.New().Id, Sid = "next", FrontEnd = "admin" };
        (await StoreOfTwoProviders.AddAsync(next, [], limit, default))!.Single().Id.ShouldBe(there.Id, "whichever front end it is of");

        foreach (var session in new[] { here, tenant, next }) { (await StoreOfTwoProviders.FindAsync(session.Id, default)).ShouldNotBeNull(); }
    }

    [Theory]
    [InlineData(EndReasons.SignedOut, 1)]
    [InlineData(EndReasons.EndedByAdmin, 1)]
    [InlineData(EndReasons.Replaced, 0)]
    [InlineData(EndReasons.EndedByUser, 0)]
    public async Task An_access_token_alone_is_not_kept_to_wait_for_its_users_other_sessions(string reason, int kept)
    {
        var store = StoreOf(new SessionClient { RevokesAccessTokens = () => true });
        var session = await AddAsync(dueIn: null);
        await store.RemoveAsync(session.Id, null, reason, default);
        (await ClaimRevocationsAsync()).Count.ShouldBe(kept);
    }

    [Fact]
    public async Task An_access_token_without_a_refresh_token_is_kept_while_it_is_good_where_it_is_to_be_revoked()
    {
        var store = StoreOf(new SessionClient { RevokesAccessTokens = () => true });
        var (good, expired, unwanted) = (await AddAsync(dueIn: null), await AddAsync(dueIn: null), await AddAsync(dueIn: null));
        await store.RemoveAsync(good.Id, null, EndReasons.SignedOut, default);
        await Store.RemoveAsync(unwanted.Id, null, EndReasons.SignedOut, default);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await store.RemoveAsync(expired.Id, null, EndReasons.SignedOut, default);
        await store.RevokeLaterAsync(
            unwanted.Id, SettingsSection.Default, null, Tokens("late") with { RefreshToken = null }, ended: true, default);
        await Store.RevokeLaterAsync(expired.Id, SettingsSection.Default, null, Tokens("late") with { RefreshToken = null }, ended: true, default);

        (await ClaimRevocationsAsync(Clock.GetUtcNow())).Select(due => (due.SessionId, due.Tokens!.AccessToken))
            .ShouldBe([(good.Id, "old-access"), (unwanted.Id, "late-access")], ignoreOrder: true);
    }

    [Fact]
    public async Task Those_held_back_keep_nobody_behind_them_waiting()
    {
        await AddAsync();
        foreach (var session in new[] { await AddAsync(), await AddAsync(), await AddAsync() })
        {
            await Store.RemoveAsync(session.Id, null, EndReasons.Replaced, default);
        }
        var other = await AddAsync(user: "bob");
        await Store.RemoveAsync(other.Id, null, EndReasons.Replaced, default);
        (await ClaimRevocationsAsync(take: 2)).ShouldHaveSingleItem().SessionId.ShouldBe(other.Id);
    }

    [Fact]
    public async Task A_token_without_a_session_waits_for_the_sessions_of_the_user_it_came_for()
    {
        var session = await AddAsync();
        await Store.RevokeLaterAsync(SessionKey.New().Id, SettingsSection.Default, session.Subject, Tokens("brought"), ended: false, default);
        await Store.RevokeLaterAsync(session.Id, SettingsSection.Default, subject: null, Tokens("replaced"), ended: false, default);
        (await ClaimRevocationsAsync()).ShouldBeEmpty();
        (await ClaimRevocationsAsync(session.EndsAt)).Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_refresh_token_that_was_kept_before_the_end_stops_no_end(string end)
    {
        var session = await AddAsync();
        await Store.RevokeLaterAsync(session.Id, SettingsSection.Default, session.Subject, Tokens("newer"), ended: true, default);
        await EndAsync(session, end);
        (await FindAsync(session)).ShouldBeNull();
        (await ClaimRevocationsAsync(Now.AddDays(1))).ShouldHaveSingleItem().Tokens.ShouldBe(Tokens("newer"));
    }

    [Fact]
    public async Task Ended_sessions_are_swept_in_turns_and_each_is_told_of_once()
    {
        var ended = new HashSet<SessionId>();
        for (var i = 0; i < 1100; i++) { ended.Add((await AddAsync(endsIn: TimeSpan.Zero)).Id); }
        var living = await AddAsync(user: "bob");

        var swept = await Task.WhenAll(Task.Run(() => Store.RemoveEndedAsync(Now, default)), Task.Run(() => Store.RemoveEndedAsync(Now, default)));

        swept.SelectMany(sessions => sessions).Select(session => session.Id).ShouldBe(ended, ignoreOrder: true);
        (await ClaimRevocationsAsync(take: 2000)).Count.ShouldBe(1100);
        (await FindAsync(living)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_node_of_another_client_sees_and_does_nothing()
    {
        var store = StoreOf(new SessionClient { Name = SessionClient.NameOf("https://idp.example", "other") });
        var session = await AddAsync(dueIn: -1);
        var ended = await AddAsync(endsIn: TimeSpan.Zero);
        await EndAsync(await AddAsync(), "removed");

        (await store.FindAsync(session.Id, default)).ShouldBeNull();
        (await store.FindByHandleAsync($"{session.Id}", default)).ShouldBeNull();
        (await store.ClaimDueAsync(SettingsSection.Default, Now, "other", LeaseEnd, 10, default)).ShouldBeEmpty();
        (await store.ClaimAsync(session.Id, session.Version, Now, "other", LeaseEnd, default)).ShouldBeNull();
        (await store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldBeNull();
        (await store.RemoveUserAsync(session.Subject, null, EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
        (await store.RemoveSealedWithAsync(KeyOf(session), EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
        (await store.RemoveEndedAsync(Now, default)).ShouldBeEmpty();
        (await store.SearchAsync(SessionFilter.None, null, 10, Now, default)).ShouldBeEmpty();
        (await store.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBeNull();
        (await store.CountDueAsync(Now, default)).ShouldBe(0);
        (await store.CountAsync(Now, default)).ShouldBe(new SessionCount(0, 0));
        (await store.CountUpcomingAsync(Now.AddMinutes(-1), TimeSpan.FromMinutes(1), 10, default)).ShouldAllBe(count => count == 0);
        (await store.ClaimRevocationsAsync(SettingsSection.Default, Now.AddDays(1), Now.AddDays(2), 10, default)).ShouldBeEmpty();

        (await FindAsync(session)).ShouldNotBeNull();
        (await FindAsync(ended)).ShouldNotBeNull();
        (await ClaimRevocationsAsync()).Count.ShouldBe(1);
        await store.RemoveEndedAsync(Now.AddDays(8), default);
        (await FindAsync(ended)).ShouldBeNull("what nobody swept for a week has nobody");
    }

    [Fact]
    public async Task What_ends_says_which_front_end_and_which_provider_it_was_of()
    {
        var store = StoreOfTwoProviders;
        var (removed, replaced, swept, sealedOne) = (await AdminAsync(), await AdminAsync(), await AdminAsync(endsIn: TimeSpan.Zero), await AdminAsync());

        Told(await store.RemoveAsync(removed.Id, null, EndReasons.SignedOut, default)).ShouldBe((removed.Id, EndReasons.SignedOut, "admin", "staff"));
        var next = removed with { Id = SessionKey.New().Id, Sid = SessionKey.New().Key };
        Told((await store.AddAsync(next, [replaced.Id], limit: null, default))!.Single()).ShouldBe((replaced.Id, EndReasons.Replaced, "admin", "staff"));
        Told((await store.RemoveEndedAsync(Now, default)).Single()).ShouldBe((swept.Id, EndReasons.IdleTimeout, "admin", "staff"));
        (await store.RemoveSealedWithAsync(KeyOf(sealedOne), EndReasons.EndedByAdmin, default)).Select(Told)
            .ShouldBe([(sealedOne.Id, EndReasons.EndedByAdmin, "admin", "staff"), (next.Id, EndReasons.EndedByAdmin, "admin", "staff")], ignoreOrder: true);

        Task<Session> AdminAsync(TimeSpan? endsIn = null) => AddAsync(endsIn: endsIn, frontEnd: "admin", provider: "staff", store: store);

        static (SessionId, string, string, string) Told(EndedSession? ended) => (ended!.Id, ended.Reason, ended.FrontEnd, ended.Provider);
    }
}

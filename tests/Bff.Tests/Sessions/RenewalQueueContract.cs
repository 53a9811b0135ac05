using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

/// <summary>What every renewal queue promises.</summary>
public abstract class RenewalQueueContract : StoreContract
{
    [Fact]
    public async Task Since_when_renewals_fail_is_remembered_until_one_succeeds()
    {
        var session = await AddAsync(dueIn: 0);
        session.FailingSince.ShouldBeNull();
        await Queue.ReleaseAsync((await ClaimAsync(session))!, Now, Now, "http_503", default);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Queue.ReleaseRotatedAsync((await ClaimAsync((await FindAsync(session))!))!, Tokens("rotated"), Now, Now, "http_503", default);
        var failing = (await FindAsync(session))!;
        (failing.Failures, failing.FailingSince).ShouldBe((2, Now));

        await Queue.CompleteRenewalAsync((await ClaimAsync(failing))!, Tokens("new") with { ObtainedAt = Now.AddSeconds(1) }, Now, claims: null, default);
        (await FindAsync(session))!.FailingSince.ShouldBeNull();

        // An older node leaves the time behind when it renews; the next failure is then the first.
        await Storage.LeaveFailureAsync(session, Now);
        (await FindAsync(session))!.FailingSince.ShouldBeNull();
        Clock.AdjustTime(Now);
        (await FindAsync(session))!.FailingSince.ShouldBe(Now, "the clock was set back since");
    }

    [Fact]
    public async Task Only_due_living_sessions_are_claimed_earliest_first()
    {
        await AddAsync(dueIn: 1);
        await AddAsync(dueIn: null);
        await AddAsync(dueIn: -1, endsIn: TimeSpan.Zero);
        var later = await AddAsync(dueIn: -10);
        var first = await AddAsync(dueIn: -20);
        (await ClaimDueAsync(take: 1)).Select(lease => lease.Session.Id).ShouldBe([first.Id]);
        (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldBe([later.Id]);
    }

    [Fact]
    public async Task A_claimed_session_is_nobody_elses_until_the_lease_runs_out()
    {
        var session = await AddAsync(dueIn: 0);
        (await ClaimDueAsync()).Count.ShouldBe(1);
        (await ClaimDueAsync()).ShouldBeEmpty();
        (await ClaimAsync(session)).ShouldBeNull();
        (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBe(LeaseEnd);
        (await Queue.ClaimDueAsync(SettingsSection.Default, LeaseEnd, "other", LeaseEnd.AddSeconds(15), 10, default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Many_claimers_at_once_get_each_session_exactly_once()
    {
        var added = new List<SessionId>();
        for (var i = 0; i < 60; i++) { added.Add((await AddAsync(dueIn: -i)).Id); }
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var mine = new List<SessionId>();
            while (await ClaimDueAsync(owner: $"worker-{worker}", take: 3) is { Count: > 0 } batch) { mine.AddRange(batch.Select(lease => lease.Session.Id)); }
            return mine;
        })));
        claims.SelectMany(each => each).ShouldBe(added, ignoreOrder: true);
    }

    [Fact]
    public async Task Many_claimers_of_one_session_have_one_winner()
    {
        var session = await AddAsync();
        var leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => ClaimAsync(session, owner: $"caller-{i}"))));
        leases.Count(lease => lease is not null).ShouldBe(1);
    }

    [Fact]
    public async Task Completing_a_renewal_stores_the_tokens_and_raises_the_version()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = (await ClaimAsync(session))!;
        (await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        var found = (await FindAsync(session))!;
        found.Tokens.ShouldBe(Tokens("new"));
        (found.Version, found.DueAt, found.Failures, found.LastError, found.EndsAt).ShouldBe((session.Version + 1, Now.AddMinutes(1), 0, null, session.EndsAt));
        found.LeaseUntil.ShouldBeLessThan(Now);
    }

    [Fact]
    public async Task Who_lost_the_lease_writes_nothing()
    {
        var session = await AddAsync(dueIn: 0);
        var slow = (await ClaimAsync(session, owner: "slow"))!;
        var fast = (await Queue.ClaimAsync(session.Id, session.Version, LeaseEnd, "fast", LeaseEnd.AddSeconds(15), default))!;
        (await Queue.CompleteRenewalAsync(slow, Tokens("late"), Now.AddMinutes(1), claims: null, default)).ShouldBeFalse();
        await Queue.ReleaseAsync(slow, Now, Now, "timeout", default);
        (await Queue.CompleteRenewalAsync(fast, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        (await FindAsync(session))!.Tokens.ShouldBe(Tokens("new"));
    }

    [Fact]
    public async Task What_a_lost_node_was_renewing_is_due_for_others_at_once_and_nothing_else_is()
    {
        var (lost, lostOnDemand) = (await AddAsync(dueIn: -1), await AddAsync());
        var others = await AddAsync(dueIn: -2);
        await ClaimAsync(others, owner: $"{Instance('b')}/1");
        (await ClaimDueAsync(owner: $"{Instance('a')}/1")).Select(lease => lease.Session.Id).ShouldBe([lost.Id]);
        await ClaimAsync(lostOnDemand, owner: $"{Instance('a')}/2");
        var idle = await AddAsync();
        var published = new List<SessionChange>();
        Changes.Published += published.Add;

        (await Queue.FreeLeasesAsync(Instance('a'), Now, default)).ShouldBe(2);

        published.Select(change => (change.Id, change.DueAt)).ShouldBe([(lost.Id, Now), (lostOnDemand.Id, Now)], ignoreOrder: true);
        (await ClaimDueAsync(owner: $"{Instance('c')}/1")).Select(lease => lease.Session.Id).ShouldBe([lost.Id, lostOnDemand.Id], ignoreOrder: true);
        (await ClaimAsync(others)).ShouldBeNull("its node lives");
        (await FindAsync(idle))!.DueAt.ShouldBe(idle.DueAt);
        (await Queue.FreeLeasesAsync(Instance('a'), Now, default)).ShouldBe(0, "what was claimed anew is another's");
    }

    [Fact]
    public async Task A_freed_lease_can_be_claimed_by_a_node_whose_clock_is_behind()
    {
        var session = await AddAsync();
        await ClaimAsync(session, owner: $"{Instance('a')}/1");
        await Queue.FreeLeasesAsync(Instance('a'), Now.AddMinutes(1), default);
        (await ClaimAsync(session, owner: "behind")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_was_taken_for_lost_writes_nothing_though_nobody_has_claimed_the_session_since()
    {
        var session = await AddAsync(dueIn: 0);
        var paused = (await ClaimAsync(session, owner: $"{Instance('a')}/1"))!;
        await Queue.FreeLeasesAsync(Instance('a'), Now, default);

        (await Queue.CompleteRenewalAsync(paused, Tokens("late"), Now.AddMinutes(1), claims: null, default)).ShouldBeFalse();
        (await Queue.ReleaseRotatedAsync(paused, Tokens("late"), Now, Now, "late", default)).ShouldBeFalse();
        await Queue.ReleaseAsync(paused, Now.AddMinutes(1), Now.AddMinutes(1), "late", default);
        (await Queue.RemoveAsync(paused, EndReasons.SessionEnded, default)).ShouldBeFalse();

        var found = (await FindAsync(session))!;
        (found.Tokens, found.Version, found.Failures).ShouldBe((session.Tokens, session.Version, 0));
        var again = (await Queue.ClaimToReplaceAsync(session.Id, session.Version, Now, $"{Instance('a')}/2", LeaseEnd, default))!;
        (await Queue.CompleteRenewalAsync(again, Tokens("late"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue("it has claimed it anew");
    }

    [Fact]
    public async Task Leases_of_a_node_that_names_no_instance_run_out_as_they_did()
    {
        var session = await AddAsync(dueIn: 0);
        await ClaimAsync(session, owner: Instance('a'));   // as an older node writes it
        (await Queue.FreeLeasesAsync(Instance('a'), Now, default)).ShouldBe(0);
        (await ClaimAsync(session, owner: "other")).ShouldBeNull();
    }

    [Fact]
    public async Task Nodes_that_free_a_lost_one_together_and_claim_what_is_free_get_each_session_once()
    {
        var added = new List<SessionId>();
        for (var i = 0; i < 40; i++) { added.Add((await AddAsync(dueIn: -i)).Id); }
        await ClaimDueAsync(owner: $"{Instance('a')}/1");

        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(node => Task.Run(async () =>
        {
            var mine = new List<SessionId>();
            for (var tries = 0; tries < 10; tries++)
            {
                await Queue.FreeLeasesAsync(Instance('a'), Now, default);
                mine.AddRange((await ClaimDueAsync(owner: $"{Instance((char)('b' + node))}/{tries}", take: 5)).Select(lease => lease.Session.Id));
            }

            return mine;
        })));

        claims.SelectMany(each => each).ShouldBe(added, ignoreOrder: true);
    }

    private static string Instance(char which) => new(which, 32);

    [Fact]
    public async Task A_claim_on_an_old_version_is_refused()
    {
        var session = await AddAsync();
        await Queue.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), null, claims: null, default);
        (await ClaimAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task Releasing_counts_the_failure_and_sets_the_next_try()
    {
        var session = await AddAsync(dueIn: 0);
        await Queue.ReleaseAsync((await ClaimAsync(session))!, Now.AddSeconds(8), Now.AddSeconds(5), "http_503", default);
        var found = (await FindAsync(session))!;
        (found.Failures, found.LastError, found.DueAt, found.NotBefore, found.Version).ShouldBe(
            (1, "http_503", Now.AddSeconds(8), Now.AddSeconds(5), session.Version));
        found.Tokens.ShouldBe(session.Tokens);
        (await ClaimAsync(session)).ShouldBeNull();
        (await Queue.ClaimAsync(session.Id, session.Version, Now.AddSeconds(5), "me", LeaseEnd, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Releasing_with_a_rotated_refresh_token_keeps_it_counts_the_failure_and_sets_the_next_try()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = (await ClaimAsync(session))!;
        (await Queue.ReleaseRotatedAsync(lease, Tokens("rotated"), Now.AddSeconds(8), Now.AddSeconds(5), "client:token_type", default)).ShouldBeTrue();
        var found = (await FindAsync(session))!;
        (found.Failures, found.LastError, found.DueAt, found.NotBefore, found.Version).ShouldBe(
            (1, "client:token_type", Now.AddSeconds(8), Now.AddSeconds(5), session.Version + 1));
        found.Tokens.ShouldBe(Tokens("rotated"));
        (await ClaimDueAsync()).ShouldBeEmpty();
        (await Queue.ClaimAsync(session.Id, found.Version, Now, "me", LeaseEnd, default)).ShouldBeNull();
        (await Queue.ReleaseRotatedAsync(lease, Tokens("late"), Now, Now, "late", default)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_renewal_may_bring_new_claims_and_a_name_to_be_found_by()
    {
        var session = await AddAsync(dueIn: 0);
        var claims = new SessionClaim[] { new("sub", "alice"), new("name", "Queen Älice"), new("sid", "provider-sid") };
        await Queue.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), Now.AddMinutes(1), claims, default);
        (await FindAsync(session))!.Claims.ShouldBe(claims);
        (await FoundAsync("queen ä")).ShouldBe([session.Id]);
        (await FoundAsync("alice ä")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sliding_during_a_renewal_undoes_neither()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = (await ClaimAsync(session))!;
        await Store.SlideAsync(session.Id, Now.AddHours(2), default);
        await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        var found = (await FindAsync(session))!;
        (found.EndsAt, found.Tokens).ShouldBe((Now.AddHours(2), Tokens("new")));
    }

    [Fact]
    public async Task The_next_due_time_is_the_earliest_of_the_living()
    {
        (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBeNull();
        await AddAsync(dueIn: 50);
        await AddAsync(dueIn: 40);
        await AddAsync(dueIn: 1, endsIn: TimeSpan.Zero);
        (await Queue.NextDueAsync(SettingsSection.Default, Now, default)).ShouldBe(Now.AddSeconds(40));
    }

    [Fact]
    public async Task The_backlog_counts_due_living_sessions()
    {
        await AddAsync(dueIn: 0);
        await AddAsync(dueIn: -5);
        await AddAsync(dueIn: 1);
        await AddAsync(dueIn: -5, endsIn: TimeSpan.Zero);
        (await Queue.CountDueAsync(Now, default)).ShouldBe(2);
    }

    [Fact]
    public async Task Who_lost_the_lease_cannot_end_the_session()
    {
        var session = await AddAsync();
        var lost = (await ClaimAsync(session))!;
        var held = (await Queue.ClaimAsync(session.Id, session.Version, LeaseEnd, "another", LeaseEnd.AddMinutes(1), default))!;
        (await Queue.RemoveAsync(lost, EndReasons.SessionEnded, default)).ShouldBeFalse();
        (await Queue.RemoveAsync(held, EndReasons.SessionEnded, default)).ShouldBeTrue();
        (await FindAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_has_new_tokens_already_need_not_wait_for_the_next_try()
    {
        var session = await AddAsync();
        await Queue.ReleaseAsync((await ClaimAsync(session))!, Now.AddMinutes(1), Now.AddMinutes(1), "down", default);
        (await ClaimAsync(session)).ShouldBeNull();
        (await Queue.ClaimToReplaceAsync(session.Id, session.Version, Now, "me", LeaseEnd, default)).ShouldNotBeNull();
        (await Queue.ClaimToReplaceAsync(session.Id, session.Version, Now, "another", LeaseEnd, default)).ShouldBeNull("it is leased");
    }
}

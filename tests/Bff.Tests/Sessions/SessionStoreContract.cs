using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

/// <summary>What every session store promises; each store runs all of it.</summary>
public abstract class SessionStoreContract
{
    private protected static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset LeaseEnd = Now.AddSeconds(15);

    private protected const string BackToTheFirstVersion =
        """
        DROP INDEX sessions_newest; DROP INDEX sessions_handle; DROP TABLE used_once; DROP TABLE revocations; DROP TABLE ends;
        DROP INDEX sessions_due; DROP INDEX sessions_end; DROP INDEX sessions_failing; DROP TABLE nodes;
        ALTER TABLE sessions DROP COLUMN token_expires_at; ALTER TABLE sessions DROP COLUMN failing_since;
        ALTER TABLE sessions DROP COLUMN name; ALTER TABLE sessions DROP COLUMN last_error; ALTER TABLE sessions DROP COLUMN client;
        CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL; CREATE INDEX sessions_end ON sessions (ends_at);
        """;

    private protected FakeTimeProvider Clock { get; } = new(Now);

    private protected SessionChanges Changes { get; } = new();

    private protected TokenProtector Protector { get; } = new(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);

    private protected ISessionStore Store => field ??= StoreOf(new SessionClient());

    /// <summary>The store as a node of this client sees it.</summary>
    private protected ISessionStore StoreOf(SessionClient client, int maxRememberedEnds = 1_000_000) =>
        new SqlSessionStore(Database, Protector, Changes, Options.Create(client), Clock, maxRememberedEnds);

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
    public async Task A_store_of_the_next_version_is_used_when_it_says_that_this_one_can()
    {
        var session = await AddAsync();
        await UpgradeBeyondAsync(readableFrom: SessionSchema.Version);
        var migrated = new List<SchemaMigration>();
        Database.Migrated = migrated.Add;

        Database.FindMigration().ShouldBeNull();
        Database.Prepare();

        migrated.ShouldBeEmpty();
        (await FindAsync(session))!.Tokens.ShouldBe(session.Tokens);
        var lease = await ClaimAsync(await AddAsync());
        (await Store.CompleteRenewalAsync(lease!, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        await UpgradeBeyondAsync(readableFrom: SessionSchema.Version);   // nothing of it was taken back
    }

    [Fact]
    public async Task A_store_of_the_next_version_that_does_not_say_so_is_left_alone()
    {
        await UpgradeBeyondAsync(readableFrom: SessionSchema.Version + 1);
        var refusal = Should.Throw<IOException>(Database.Prepare).Message;
        refusal.ShouldStartWith("Bff:Sessions:ConnectionString: ");
        refusal.ShouldContain($"newer version of Bff (schema {SessionSchema.Version + 1}, for programs that know schema {SessionSchema.Version + 1}; this one knows {SessionSchema.Version})");
        Should.Throw<IOException>(() => Database.FindMigration());
    }

    [Fact]
    public async Task What_a_node_of_the_version_before_writes_is_taken_and_read()
    {
        // As schema 2 had it: a node that runs on while another one has migrated the store knows no client.
        var id = SessionKey.New().Id;
        await ExecuteAsync(
            $"""
            INSERT INTO sessions (id, sid, subject, name, provider_sid, claims, session_state, created_at, ends_at, absolute_ends_at, version, tokens, due_at, not_before, failures, lease_until)
            VALUES ('{id.Value}', 'sid', 'alice', 'alice', NULL, '[]', NULL, 0, {Now.AddHours(1).ToUnixTimeMilliseconds()}, {Now.AddHours(1).ToUnixTimeMilliseconds()}, 1, {EmptyBytes}, 0, 0, 0, 0)
            """);
        (await Store.FindAsync(id, default)).ShouldNotBeNull();
        (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldContain(id);
    }

    private protected virtual string EmptyBytes => "x''";

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
            await AddAsync(), await AddAsync(endsIn: TimeSpan.FromMinutes(-1)), await AddAsync(endsIn: TimeSpan.FromMinutes(-1), absolutelyIn: TimeSpan.FromMinutes(-1)),
            await AddAsync(user: "bob"), await AddAsync());
        (await ReasonOfAsync(signedOut)).ShouldBeNull("it lives");
        await Store.RemoveAsync(signedOut.Id, null, EndReasons.SignedOut, default);
        await Store.RemoveAsync(signedOut.Id, null, EndReasons.Replaced, default);
        await Store.RemoveUserAsync("bob", EndReasons.EndedByAdmin, default);
        await Store.RemoveAsync((await ClaimAsync(refused))!, EndReasons.SessionEnded, default);
        await Store.RemoveEndedAsync(Now, default);

        await RememberedAsync(true);
        (await StoreOf(other).FindEndAsync(signedOut.Id, default)).ShouldBeNull("a node of another client");
        (await Store.CountAsync(Now, default)).Living.ShouldBe(0);
        (await Store.SearchAsync(null, null, 10, Now, default)).ShouldBeEmpty();
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
        await Store.AddAsync(session, [], default);   // as a restored dump brings it back
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
    public async Task However_many_ends_are_to_be_forgotten_no_statement_deletes_more_than_a_batch()
    {
        var number = SqlSessionStore.SweepBatch * 2 + 1;
        await ExecuteAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
            INSERT INTO ends (id, reason, forget_at) SELECT 'end ' || i, 'idle_timeout', i FROM n;
            INSERT INTO used_once (id, forget_at) SELECT id, forget_at FROM ends;
            """);
        var counting = new TurnCounter(Database);
        var store = new SqlSessionStore(counting, Protector, Changes, Options.Create(new SessionClient()), Clock);

        await store.RemoveEndedAsync(Now, default);

        await ExecuteAsync("INSERT INTO ends (id, reason, forget_at) SELECT 'end 1', 'none of them is left', 1");
        counting.Turns.ShouldBe(8, "three for the ends, three for what was used once, one each for sessions that ended and those of an abandoned client");
    }

    /// <summary>How often the turn to write was taken.</summary>
    private sealed class TurnCounter(SessionDatabase database) : SessionDatabase
    {
        public int Turns { get; private set; }

        public override System.Data.Common.DbDataSource DataSource => database.DataSource;

        public override string SkipLocked => database.SkipLocked;

        public override string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps) =>
            database.DeleteAndKeep(where, columns, keeps);

        public override ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancel)
        {
            Turns++;
            return database.TakeTurnToWriteAsync(cancel);
        }

        public override void ForgetConnections() => database.ForgetConnections();

        public override SchemaMigration? FindMigration() => database.FindMigration();

        public override void Prepare() => database.Prepare();

        public override Microsoft.AspNetCore.DataProtection.Repositories.IXmlRepository OpenKeyRing(Microsoft.Extensions.Logging.ILoggerFactory loggers) =>
            database.OpenKeyRing(loggers);
    }

    [Fact]
    public async Task A_store_from_before_ends_were_remembered_is_brought_up_to_date()
    {
        var session = await AddAsync(dueIn: 0);
        await ExecuteAsync("DROP TABLE ends; ALTER TABLE sessions DROP COLUMN failing_since;");
        await SetVersionAsync(4);

        Database.FindMigration().ShouldBe(new SchemaMigration(4, SessionSchema.Version, SessionSchema.ReadableFrom));
        Database.Prepare();

        await Store.ReleaseAsync((await ClaimAsync(session))!, Now.AddSeconds(8), Now, "http_503", default);
        (await FindAsync(session))!.FailingSince.ShouldBe(Now);
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await Store.FindEndAsync(session.Id, default)).ShouldBe(EndReasons.SignedOut);
    }

    [Fact]
    public async Task Since_when_renewals_fail_is_remembered_until_one_succeeds()
    {
        var session = await AddAsync(dueIn: 0);
        session.FailingSince.ShouldBeNull();
        await Store.ReleaseAsync((await ClaimAsync(session))!, Now, Now, "http_503", default);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.ReleaseRotatedAsync((await ClaimAsync((await FindAsync(session))!))!, Tokens("rotated"), Now, Now, "http_503", default);
        var failing = (await FindAsync(session))!;
        (failing.Failures, failing.FailingSince).ShouldBe((2, Now));

        await Store.CompleteRenewalAsync((await ClaimAsync(failing))!, Tokens("new") with { ObtainedAt = Now.AddSeconds(1) }, Now, claims: null, default);
        (await FindAsync(session))!.FailingSince.ShouldBeNull();

        // An older node leaves the time behind when it renews; the next failure is then the first.
        await ExecuteAsync($"UPDATE sessions SET failing_since = {Now.ToUnixTimeMilliseconds()}, failures = 1");
        (await FindAsync(session))!.FailingSince.ShouldBeNull();
        Clock.AdjustTime(Now);
        (await FindAsync(session))!.FailingSince.ShouldBe(Now, "the clock was set back since");
    }

    [Fact]
    public async Task Removing_ends_a_session_once()
    {
        var session = await AddAsync();
        (await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldBeTrue();
        (await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldBeFalse();
        (await FindAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_was_renewed_is_not_removed_by_who_saw_the_old_one()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = await ClaimAsync(session);
        await Store.CompleteRenewalAsync(lease!, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        (await Store.RemoveAsync(session.Id, session.Version, EndReasons.SignedOut, default)).ShouldBeFalse();
        (await FindAsync(session)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Ended_sessions_are_swept_and_others_stay()
    {
        var ended = await AddAsync(endsIn: TimeSpan.Zero);
        await AddAsync(endsIn: TimeSpan.Zero, absolutelyIn: TimeSpan.Zero);
        var alive = await AddAsync();
        (await Store.RemoveEndedAsync(Now, default)).Select(session => session.Reason).Order(StringComparer.Ordinal).ShouldBe([EndReasons.AbsoluteTimeout, EndReasons.IdleTimeout]);
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
        (await Store.RemoveEndedAsync(Now.AddHours(12), default))
            .ShouldBe([new(idle.Id, EndReasons.IdleTimeout), new(absolute.Id, EndReasons.AbsoluteTimeout)], ignoreOrder: true);
    }

    [Fact]
    public async Task Living_sessions_are_counted_and_those_that_can_be_renewed_too()
    {
        await AddAsync(dueIn: 45);
        await AddAsync(dueIn: null);
        await AddAsync(dueIn: null, endsIn: TimeSpan.Zero);
        (await Store.CountAsync(Now, default)).ShouldBe(new SessionCount(Living: 2, Renewable: 1));
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
        (await Store.NextDueAsync(Now, default)).ShouldBe(LeaseEnd);
        (await Store.ClaimDueAsync(LeaseEnd, "other", LeaseEnd.AddSeconds(15), 10, default)).Count.ShouldBe(1);
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
        (await Store.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
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
        var fast = (await Store.ClaimAsync(session.Id, session.Version, LeaseEnd, "fast", LeaseEnd.AddSeconds(15), default))!;
        (await Store.CompleteRenewalAsync(slow, Tokens("late"), Now.AddMinutes(1), claims: null, default)).ShouldBeFalse();
        await Store.ReleaseAsync(slow, Now, Now, "timeout", default);
        (await Store.CompleteRenewalAsync(fast, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        (await FindAsync(session))!.Tokens.ShouldBe(Tokens("new"));
    }

    [Fact]
    public async Task A_claim_on_an_old_version_is_refused()
    {
        var session = await AddAsync();
        await Store.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), null, claims: null, default);
        (await ClaimAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task Releasing_counts_the_failure_and_sets_the_next_try()
    {
        var session = await AddAsync(dueIn: 0);
        await Store.ReleaseAsync((await ClaimAsync(session))!, Now.AddSeconds(8), Now.AddSeconds(5), "http_503", default);
        var found = (await FindAsync(session))!;
        (found.Failures, found.LastError, found.DueAt, found.NotBefore, found.Version).ShouldBe((1, "http_503", Now.AddSeconds(8), Now.AddSeconds(5), session.Version));
        found.Tokens.ShouldBe(session.Tokens);
        (await ClaimAsync(session)).ShouldBeNull();
        (await Store.ClaimAsync(session.Id, session.Version, Now.AddSeconds(5), "me", LeaseEnd, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Releasing_with_a_rotated_refresh_token_keeps_it_counts_the_failure_and_sets_the_next_try()
    {
        var session = await AddAsync(dueIn: 0);
        var lease = (await ClaimAsync(session))!;
        (await Store.ReleaseRotatedAsync(lease, Tokens("rotated"), Now.AddSeconds(8), Now.AddSeconds(5), "client:token_type", default)).ShouldBeTrue();
        var found = (await FindAsync(session))!;
        (found.Failures, found.LastError, found.DueAt, found.NotBefore, found.Version).ShouldBe((1, "client:token_type", Now.AddSeconds(8), Now.AddSeconds(5), session.Version + 1));
        found.Tokens.ShouldBe(Tokens("rotated"));
        (await ClaimDueAsync()).ShouldBeEmpty();
        (await Store.ClaimAsync(session.Id, found.Version, Now, "me", LeaseEnd, default)).ShouldBeNull();
        (await Store.ReleaseRotatedAsync(lease, Tokens("late"), Now, Now, "late", default)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_renewal_may_bring_new_claims_and_a_name_to_be_found_by()
    {
        var session = await AddAsync(dueIn: 0);
        var claims = new SessionClaim[] { new("sub", "alice"), new("name", "Queen Älice"), new("sid", "provider-sid") };
        await Store.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), Now.AddMinutes(1), claims, default);
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
        await Store.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        var found = (await FindAsync(session))!;
        (found.EndsAt, found.Tokens).ShouldBe((Now.AddHours(2), Tokens("new")));
    }

    [Fact]
    public async Task The_next_due_time_is_the_earliest_of_the_living()
    {
        (await Store.NextDueAsync(Now, default)).ShouldBeNull();
        await AddAsync(dueIn: 50);
        await AddAsync(dueIn: 40);
        await AddAsync(dueIn: 1, endsIn: TimeSpan.Zero);
        (await Store.NextDueAsync(Now, default)).ShouldBe(Now.AddSeconds(40));
    }

    [Fact]
    public async Task The_backlog_counts_due_living_sessions()
    {
        await AddAsync(dueIn: 0);
        await AddAsync(dueIn: -5);
        await AddAsync(dueIn: 1);
        await AddAsync(dueIn: -5, endsIn: TimeSpan.Zero);
        (await Store.CountDueAsync(Now, default)).ShouldBe(2);
    }

    [Fact]
    public async Task Ending_all_sessions_of_a_user_ends_those_and_tells_each()
    {
        var phone = await AddAsync();
        var desk = await AddAsync();
        var bob = await AddAsync(user: "bob");
        var alicia = await AddAsync(user: "alice2");
        var heard = new List<(SessionId, string?)>();
        Changes.Published += change => heard.Add((change.Id, change.Ended));
        var removed = await Store.RemoveUserAsync("alice", EndReasons.EndedByAdmin, default);
        removed.Select(session => session.Id).ShouldBe([phone.Id, desk.Id], ignoreOrder: true);
        removed.ShouldAllBe(session => session.Tokens == Tokens("old"));
        heard.ShouldBe([(phone.Id, EndReasons.EndedByAdmin), (desk.Id, EndReasons.EndedByAdmin)], ignoreOrder: true);
        (await FindAsync(phone)).ShouldBeNull();
        (await FindAsync(bob)).ShouldNotBeNull();
        (await FindAsync(alicia)).ShouldNotBeNull();
        (await Store.RemoveUserAsync("alice", EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_living_are_counted()
    {
        await AddAsync();
        await AddAsync();
        await AddAsync(endsIn: TimeSpan.Zero);
        (await Store.CountAsync(Now, default)).Living.ShouldBe(2);
    }

    [Fact]
    public async Task Coming_renewals_are_counted_step_by_step()
    {
        foreach (var dueIn in new int?[] { -1, 0, 9, 10, 25, 40, null }) { await AddAsync(dueIn); }
        (await Store.CountUpcomingAsync(Now, TimeSpan.FromSeconds(10), 4, default)).ShouldBe([2, 1, 1, 0]);
    }

    [Fact]
    public async Task A_session_is_found_by_its_handle()
    {
        var session = await AddAsync();
        (await Store.FindByHandleAsync($"{session.Id}", default))!.Id.ShouldBe(session.Id);
        (await Store.FindByHandleAsync($"{SessionKey.New().Id}", default)).ShouldBeNull();
        (await Store.FindByHandleAsync($"{session.Id}"[..8], default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_search_finds_the_living_by_the_beginning_of_subject_or_name_newest_first()
    {
        var first = await AddAsync(user: "u-17", name: "Élodie Alison");
        var second = await AddAsync(user: "alice", createdIn: 1);
        var third = await AddAsync(user: "u-99%", name: "Alistair_Ädams", createdIn: 2);
        await AddAsync(user: "alice", createdIn: 3, endsIn: TimeSpan.Zero);
        (await FoundAsync(null)).ShouldBe([third.Id, second.Id, first.Id]);
        (await FoundAsync("ali")).ShouldBe([third.Id, second.Id]);
        (await FoundAsync("ALI")).ShouldBe([third.Id, second.Id], "case does not matter in a name");
        (await FoundAsync("éLO")).ShouldBe([first.Id]);
        (await FoundAsync("u-99%")).ShouldBe([third.Id]);
        (await FoundAsync("%")).ShouldBeEmpty("nothing in it is a pattern");
        (await FoundAsync("U-17")).ShouldBeEmpty("two subjects may differ in case alone");
    }

    [Fact]
    public async Task A_list_is_paged_through_without_gap_or_repetition_also_when_sessions_began_together()
    {
        var added = new List<SessionId>();
        for (var i = 0; i < 7; i++) { added.Add((await AddAsync(createdIn: i / 4)).Id); }
        var seen = new List<Session>();
        while (await Store.SearchAsync(null, seen.Count == 0 ? null : SessionPosition.Of(seen[^1]), 2, Now, default) is { Count: > 0 } page) { seen.AddRange(page); }
        seen.Select(session => session.Id).ShouldBe(added, ignoreOrder: true);
        seen.Select(session => session.CreatedAt).ShouldBe(seen.Select(session => session.CreatedAt).OrderDescending());
    }

    [Fact]
    public async Task Every_write_is_published_with_its_due_time()
    {
        var heard = new List<DateTimeOffset?>();
        Changes.Published += change => heard.Add(change.DueAt);
        var session = await AddAsync(dueIn: 45);
        var lease = (await ClaimAsync(session))!;
        await Store.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(1), claims: null, default);
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        heard.ShouldBe([Now.AddSeconds(45), Now.AddMinutes(1), null]);
    }

    public static TheoryData<string> Ends => ["removed", "removed as seen", "all of the user", "swept", "sealed with a key"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Whatever_ends_a_session_keeps_its_newest_refresh_token_to_be_revoked_once(string end)
    {
        var session = await AddAsync();
        await Store.CompleteRenewalAsync((await ClaimAsync(session))!, Tokens("new"), Now.AddMinutes(1), claims: null, default);
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
        await store.RevokeLaterAsync(session.Id, session.Subject, Tokens("late"), ended: true, default);

        (await FindAsync(session)).ShouldBeNull();
        (await ClaimRevocationsAsync(Now.AddDays(3))).ShouldBeEmpty();
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

        (await Store.CompleteRenewalAsync(lease, Tokens("new"), null, claims: null, default)).ShouldBeFalse();
        await Store.RevokeLaterAsync(answered.Id, answered.Subject, Tokens("new"), ended: true, default);
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

        (await Store.AddAsync(now, [old.Id, SessionKey.New().Id], default)).ShouldBe([old.Id]);

        (await Store.FindAsync(now.Id, default)).ShouldNotBeNull();
        (await Store.FindAsync(old.Id, default)).ShouldBeNull();
        (await Store.FindEndAsync(old.Id, default)).ShouldBe(EndReasons.Replaced);
        (await ClaimRevocationsAsync()).ShouldBeEmpty("its tokens may be of the new one's grant");

        await Should.ThrowAsync<Exception>(Store.AddAsync(now, [other.Id], default));
        (await Store.FindAsync(other.Id, default)).ShouldNotBeNull("nothing is done by halves");
    }

    [Fact]
    public async Task Those_held_back_keep_nobody_behind_them_waiting()
    {
        await AddAsync();
        foreach (var session in new[] { await AddAsync(), await AddAsync(), await AddAsync() }) { await Store.RemoveAsync(session.Id, null, EndReasons.Replaced, default); }
        var other = await AddAsync(user: "bob");
        await Store.RemoveAsync(other.Id, null, EndReasons.Replaced, default);
        (await ClaimRevocationsAsync(take: 2)).ShouldHaveSingleItem().SessionId.ShouldBe(other.Id);
    }

    [Fact]
    public async Task A_token_without_a_session_waits_for_the_sessions_of_the_user_it_came_for()
    {
        var session = await AddAsync();
        await Store.RevokeLaterAsync(SessionKey.New().Id, session.Subject, Tokens("brought"), ended: false, default);
        await Store.RevokeLaterAsync(session.Id, subject: null, Tokens("replaced"), ended: false, default);
        (await ClaimRevocationsAsync()).ShouldBeEmpty();
        (await ClaimRevocationsAsync(session.EndsAt)).Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_refresh_token_that_was_kept_before_the_end_stops_no_end(string end)
    {
        var session = await AddAsync();
        await Store.RevokeLaterAsync(session.Id, session.Subject, Tokens("newer"), ended: true, default);
        await EndAsync(session, end);
        (await FindAsync(session)).ShouldBeNull();
        (await ClaimRevocationsAsync(Now.AddDays(1))).ShouldHaveSingleItem().Tokens.ShouldBe(Tokens("newer"));
    }

    [Fact]
    public async Task Who_lost_the_lease_cannot_end_the_session()
    {
        var session = await AddAsync();
        var lost = (await ClaimAsync(session))!;
        var held = (await Store.ClaimAsync(session.Id, session.Version, LeaseEnd, "another", LeaseEnd.AddMinutes(1), default))!;
        (await Store.RemoveAsync(lost, EndReasons.SessionEnded, default)).ShouldBeFalse();
        (await Store.RemoveAsync(held, EndReasons.SessionEnded, default)).ShouldBeTrue();
        (await FindAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_has_new_tokens_already_need_not_wait_for_the_next_try()
    {
        var session = await AddAsync();
        await Store.ReleaseAsync((await ClaimAsync(session))!, Now.AddMinutes(1), Now.AddMinutes(1), "down", default);
        (await ClaimAsync(session)).ShouldBeNull();
        (await Store.ClaimToReplaceAsync(session.Id, session.Version, Now, "me", LeaseEnd, default)).ShouldNotBeNull();
        (await Store.ClaimToReplaceAsync(session.Id, session.Version, Now, "another", LeaseEnd, default)).ShouldBeNull("it is leased");
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
        (await store.ClaimDueAsync(Now, "other", LeaseEnd, 10, default)).ShouldBeEmpty();
        (await store.ClaimAsync(session.Id, session.Version, Now, "other", LeaseEnd, default)).ShouldBeNull();
        (await store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default)).ShouldBeFalse();
        (await store.RemoveUserAsync(session.Subject, EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
        (await store.RemoveSealedWithAsync(KeyOf(session), EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
        (await store.RemoveEndedAsync(Now, default)).ShouldBeEmpty();
        (await store.SearchAsync(null, null, 10, Now, default)).ShouldBeEmpty();
        (await store.NextDueAsync(Now, default)).ShouldBeNull();
        (await store.CountDueAsync(Now, default)).ShouldBe(0);
        (await store.CountAsync(Now, default)).ShouldBe(new SessionCount(0, 0));
        (await store.CountUpcomingAsync(Now.AddMinutes(-1), TimeSpan.FromMinutes(1), 10, default)).ShouldAllBe(count => count == 0);
        (await store.ClaimRevocationsAsync(Now.AddDays(1), Now.AddDays(2), 10, default)).ShouldBeEmpty();

        (await FindAsync(session)).ShouldNotBeNull();
        (await FindAsync(ended)).ShouldNotBeNull();
        (await ClaimRevocationsAsync()).Count.ShouldBe(1);
        await store.RemoveEndedAsync(Now.AddDays(8), default);
        (await FindAsync(ended)).ShouldBeNull("what nobody swept for a week has nobody");
    }

    [Fact]
    public async Task A_session_from_before_clients_were_named_belongs_to_who_renews_it_first()
    {
        var session = await AddAsync(dueIn: -1);
        await ExecuteAsync("UPDATE sessions SET client = NULL");
        var other = StoreOf(new SessionClient { Name = "other" });
        (await other.FindAsync(session.Id, default)).ShouldNotBeNull();

        (await ClaimDueAsync()).ShouldHaveSingleItem();

        (await other.FindAsync(session.Id, default)).ShouldBeNull();
        (await FindAsync(session)).ShouldNotBeNull();
    }

    private protected static TokenSet Tokens(string name) => new(name + "-access", name + "-refresh", name + "-id", "openid", Now, Now.AddMinutes(1));

    private protected async Task<Session> AddAsync(int? dueIn = 60, TimeSpan? endsIn = null, TimeSpan? absolutelyIn = null, string user = "alice", string name = "Alice Ädams 🙂", int createdIn = 0)
    {
        var session = new Session
        {
            Id = SessionKey.New().Id,
            Sid = SessionKey.New().Key,
            Subject = user,
            Claims = [new("sub", user), new("name", name), new("auth_time", "1", "http://www.w3.org/2001/XMLSchema#integer32")],
            SessionState = "state",
            CreatedAt = Now.AddSeconds(createdIn),
            EndsAt = Now + (endsIn ?? TimeSpan.FromMinutes(30)),
            AbsoluteEndsAt = Now + (absolutelyIn ?? TimeSpan.FromHours(12)),
            Tokens = Tokens("old"),
            DueAt = dueIn is { } seconds ? Now.AddSeconds(seconds) : null,
        };
        await Store.AddAsync(session, [], default);
        return session;
    }

    private async Task<IEnumerable<SessionId>> FoundAsync(string? user) => (await Store.SearchAsync(user, null, 100, Now, default)).Select(session => session.Id);

    private async Task EndAsync(Session session, string end, ISessionStore? store = null)
    {
        store ??= Store;
        switch (end)
        {
            case "removed": await store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default); break;
            case "removed as seen": await store.RemoveAsync(session.Id, (await FindAsync(session))!.Version, EndReasons.SessionEnded, default); break;
            case "all of the user": await store.RemoveUserAsync(session.Subject, EndReasons.EndedByAdmin, default); break;
            case "swept": await store.RemoveEndedAsync(session.EndsAt, default); break;
            case "sealed with a key": await store.RemoveSealedWithAsync(KeyOf(session), EndReasons.EndedByAdmin, default); break;
        }
    }

    private Guid KeyOf(Session session) => new(Protector.Protect(session.Id, session.Tokens!).AsSpan(4, 16));

    private Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(DateTimeOffset? at = null, int take = 10) =>
        Store.ClaimRevocationsAsync(at ?? Now, (at ?? Now) + (LeaseEnd - Now), take, default);

    private protected abstract Task ExecuteAsync(string sql);

    private protected abstract Task SetVersionAsync(int version);

    private protected abstract SessionDatabase Database { get; }

    /// <summary>Makes the store one that a program of the next version has changed.</summary>
    private protected abstract Task UpgradeBeyondAsync(long readableFrom);

    private Task<Session?> FindAsync(Session session) => Store.FindAsync(session.Id, default);

    private Task<IReadOnlyList<Lease>> ClaimDueAsync(string owner = "me", int take = 100) => Store.ClaimDueAsync(Now, owner, LeaseEnd, take, default);

    private Task<Lease?> ClaimAsync(Session session, string owner = "me") => Store.ClaimAsync(session.Id, session.Version, Now, owner, LeaseEnd, default);
}

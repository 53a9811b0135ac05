using System.Globalization;
using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Sessions;

/// <summary>What every session store does when a provider signs somebody out.</summary>
public abstract class ProviderLogoutContract : StoreContract
{
    [Theory]
    [InlineData("alice", null, "phone desk unnamed")]
    [InlineData(null, "phone", "phone")]
    [InlineData("alice", "phone", "phone unnamed")]
    [InlineData("alice", "unknown", "unnamed")]
    [InlineData("bob", "phone", "")]
    [InlineData(null, "unknown", "")]
    [InlineData("nobody", null, "")]
    public async Task It_ends_the_session_or_all_of_the_user_and_says_so_to_all_who_listen(string? subject, string? sid, string expected)
    {
        var all = new Dictionary<SessionId, string>
        {
            [(await BeginAsync("phone")).Id] = "phone", [(await BeginAsync("desk")).Id] = "desk", [(await BeginAsync(sid: null)).Id] = "unnamed",
            [(await BeginAsync("bobs", user: "bob")).Id] = "bobs",
        };
        var heard = new List<SessionChange>();
        Changes.Published += heard.Add;

        var ended = (await Store.LogOutAsync(Logout(subject, sid), default))!;

        var names = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ended.Select(session => all[session.Id]).ShouldBe(names, ignoreOrder: true);
        ended.ShouldAllBe(session => session.Reason == EndReasons.ProviderLogout);
        heard.Select(change => (all[change.Id], change.Ended)).ShouldBe(names.Select(name => (name, (string?)EndReasons.ProviderLogout)), ignoreOrder: true);
        foreach (var (id, name) in all)
        {
            ((await Store.FindAsync(id, default)) is null).ShouldBe(names.Contains(name));
            (await Store.FindEndAsync(id, default)).ShouldBe(names.Contains(name) ? EndReasons.ProviderLogout : null);
        }
    }

    [Fact]
    public async Task Refresh_tokens_are_revoked_at_once_also_when_the_user_has_other_sessions()
    {
        await BeginAsync("desk");
        var phone = await BeginAsync("phone");

        await Store.LogOutAsync(Logout("alice", "phone"), default);

        (await ClaimRevocationsAsync()).ShouldHaveSingleItem().SessionId.ShouldBe(phone.Id);
    }

    [Fact]
    public async Task The_same_counts_once_for_each_client()
    {
        var other = StoreOf(new SessionClient { Name = SessionClient.NameOf("https://idp.example", "other") });
        await BeginAsync("phone");
        var logout = Logout("alice", null);
        (await other.LogOutAsync(logout, default)).ShouldBe([], "it has no such session");
        (await Store.LogOutAsync(logout, default))!.Count.ShouldBe(1);
        var again = await BeginAsync("desk", begunAt: Now.AddSeconds(1));

        (await Store.LogOutAsync(logout, default)).ShouldBeNull();

        (await FindAsync(again)).ShouldNotBeNull();
        await Store.RemoveEndedAsync(Now.AddHours(1), default);
        (await Store.LogOutAsync(logout, default)).ShouldNotBeNull("it is forgotten when it would be refused anyway");
    }

    [Fact]
    public async Task A_session_of_another_provider_is_none_of_its_business()
    {
        var store = StoreOfTwoProviders;
        var (here, there) = (await BeginAsync("phone", store: store), await BeginAsync("phone", provider: "staff", store: store));

        (await store.LogOutAsync(Logout("alice", null) with { Provider = "staff" }, default))!.Single().Id.ShouldBe(there.Id);

        (await store.FindAsync(here.Id, default)).ShouldNotBeNull();
        await BeginAsync("desk", store: store);
        await Should.ThrowAsync<SignedOutMeanwhileException>(() => BeginAsync("desk", provider: "staff", store: store));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("phone")]
    public async Task Of_many_tenants_it_is_about_one(string? sid)
    {
        var (ours, other, none) = (await BeginAsync("phone", tenant: "t1"), await BeginAsync("phone", tenant: "t10"), await BeginAsync("phone"));

        var ended = await Store.LogOutAsync(Logout("alice", sid) with { Tenant = "t1" }, default);

        ended!.Single().Id.ShouldBe(ours.Id);
        (await FindAsync(other)).ShouldNotBeNull();
        (await FindAsync(none)).ShouldNotBeNull();
        await Should.ThrowAsync<SignedOutMeanwhileException>(() => BeginAsync("phone", tenant: "t1"));
        await BeginAsync("phone", tenant: "t10");
    }

    [Theory]
    [InlineData("alice", null, "phone", true)]
    [InlineData("alice", null, null, true)]
    [InlineData(null, "phone", "phone", true)]
    [InlineData(null, "phone", "desk", false)]
    [InlineData(null, "phone", null, false)]
    [InlineData("alice", "phone", "phone", true)]
    [InlineData("alice", "phone", "desk", false)]
    [InlineData("alice", "phone", null, true)]
    [InlineData("bob", null, "phone", false)]
    public async Task A_sign_in_that_was_begun_before_it_begins_no_session(string? subject, string? sid, string? its, bool isRefused)
    {
        await Store.LogOutAsync(Logout(subject, sid), default);
        var replaced = await BeginAsync("other", user: "carol");

        if (isRefused)
        {
            await Should.ThrowAsync<SignedOutMeanwhileException>(() => BeginAsync(its, replaced: replaced.Id));
            (await FindAsync(replaced)).ShouldNotBeNull("nothing has taken its place");
            (await Directory.CountAsync(Now, default)).Living.ShouldBe(1);
        }
        else { await BeginAsync(its); }

        await BeginAsync(its, begunAt: Now.AddMilliseconds(1));
    }

    [Theory]
    [InlineData(null, 60, true)]
    [InlineData(null, 6, true)]
    [InlineData(null, 5, false)]
    [InlineData(null, -60, false)]
    [InlineData("phone", 60, true)]
    [InlineData("phone", 5, false)]
    public async Task A_session_that_began_at_the_provider_after_it_is_not_meant(string? sid, int secondsAfter, bool isSpared)
    {
        var issued = Now.AddSeconds(-90);
        var (session, silent) = (await BeginAsync(sid: null, signedInAt: issued.AddSeconds(secondsAfter)), await BeginAsync(sid: null));

        await Store.LogOutAsync(Logout("alice", sid) with { IssuedAt = issued }, default);

        (await FindAsync(session) is not null).ShouldBe(isSpared);
        (await FindAsync(silent)).ShouldBeNull("it does not say when");
    }

    [Fact]
    public async Task A_session_that_it_names_is_meant_whenever_its_user_has_signed_in()
    {
        var session = await BeginAsync("phone", signedInAt: Now);

        await Store.LogOutAsync(Logout("alice", "phone") with { IssuedAt = Now.AddMinutes(-1) }, default);

        (await FindAsync(session)).ShouldBeNull();
    }

    [Fact]
    public async Task It_counts_for_sign_ins_from_when_it_can_have_been_said_at_the_latest()
    {
        await Store.LogOutAsync(Logout("alice", null) with { IssuedBy = Now.AddSeconds(-30) }, default);
        await Should.ThrowAsync<SignedOutMeanwhileException>(() => BeginAsync("phone", begunAt: Now.AddSeconds(-30)));
        await BeginAsync("phone", begunAt: Now.AddSeconds(-29));
        await Store.LogOutAsync(Logout("alice", null) with { IssuedBy = Now.AddSeconds(30) }, default);
        await BeginAsync("phone", begunAt: Now.AddMilliseconds(1));
    }

    [Fact]
    public async Task The_latest_logout_counts()
    {
        await Store.LogOutAsync(Logout("alice", null), default);
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Store.LogOutAsync(Logout("alice", null), default);
        await Should.ThrowAsync<SignedOutMeanwhileException>(() => BeginAsync("phone", begunAt: Now.AddSeconds(3)));
        await BeginAsync("phone", begunAt: Now.AddSeconds(6));
    }

    [Fact]
    public async Task Of_sign_ins_and_a_logout_at_once_none_gets_past()
    {
        for (var round = 0; round < 20; round++)
        {
            var user = "user-" + round;
            var begun = Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
            {
                try
                {
                    await BeginAsync($"sid-{number}", user);
                }
                catch (SignedOutMeanwhileException)
                {
                    // It came after the logout.
                }
            })).ToList();
            var logout = Task.Run(() => Store.LogOutAsync(Logout(user, null), default));

            await Task.WhenAll([.. begun, logout]);

            (await FoundAsync(user)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_renewal_under_way_has_lost_its_session()
    {
        var session = await BeginAsync("phone");
        var lease = (await ClaimAsync(session))!;

        await Store.LogOutAsync(Logout("alice", null), default);

        (await Queue.CompleteRenewalAsync(lease, Tokens("new"), Now.AddMinutes(5), claims: null, default)).ShouldBeFalse();
        (await FindAsync(session)).ShouldBeNull();
        (await ClaimRevocationsAsync()).ShouldBeEmpty("what the renewal brings is newer");
        (await ClaimRevocationsAsync(LeaseEnd)).Count.ShouldBe(1);
    }

    private static ProviderLogout Logout(string? subject, string? sid) =>
        new(SettingsSection.Default, Guid.NewGuid().ToString("N"), Now.AddMinutes(15)) { Subject = subject, Sid = sid };

    private async Task<Session> BeginAsync(
        string? sid, string user = "alice", string? tenant = null, string provider = SettingsSection.Default, DateTimeOffset? begunAt = null,
        SessionId? replaced = null, ISessionStore? store = null, DateTimeOffset? signedInAt = null)
    {
        var claims = new List<SessionClaim> { new("sub", user), new("name", """{"Type":"tid","Value":"t1","ValueType":null}""") };
        if (sid is not null) { claims.Add(new("sid", sid)); }
        if (signedInAt is { } at) { claims.Add(new("auth_time", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))); }
        if (tenant is not null) { claims.Add(new("tid", tenant)); }
        var session = new Session
        {
            Id = SessionKey.New().Id, Sid = SessionKey.New().Key, Provider = provider, Subject = user, Claims = claims, CreatedAt = Now,
            SignInBegunAt = begunAt ?? Now, EndsAt = Now.AddMinutes(30), AbsoluteEndsAt = Now.AddHours(12), Tokens = Tokens("old"), DueAt = Now.AddMinutes(1),
        };
        await (store ?? Store).AddAsync(session, replaced is { } old ? [old] : [], limit: null, default);
        return session;
    }
}

using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

/// <summary>What every session directory promises.</summary>
public abstract class SessionDirectoryContract : StoreContract
{
    [Fact]
    public async Task Living_sessions_are_counted_and_those_that_can_be_renewed_too()
    {
        await AddAsync(dueIn: 45);
        await AddAsync(dueIn: null);
        await AddAsync(dueIn: null, endsIn: TimeSpan.Zero);
        (await Directory.CountAsync(Now, default)).ShouldBe(new SessionCount(Living: 2, Renewable: 1));
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
        var removed = await Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default);
        removed.Select(session => session.Id).ShouldBe([phone.Id, desk.Id], ignoreOrder: true);
        removed.ShouldAllBe(session => session.Tokens == Tokens("old"));
        heard.ShouldBe([(phone.Id, EndReasons.EndedByAdmin), (desk.Id, EndReasons.EndedByAdmin)], ignoreOrder: true);
        (await FindAsync(phone)).ShouldBeNull();
        (await FindAsync(bob)).ShouldNotBeNull();
        (await FindAsync(alicia)).ShouldNotBeNull();
        (await Directory.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subject_is_one_users_at_one_provider_and_ends_there_alone_when_that_is_said()
    {
        var store = StoreOfTwoProviders;
        var alice = await AddAsync(store: store);
        var namesake = await AddAsync(provider: "staff", store: store);
        var other = await AddAsync(provider: "staff", store: store);

        (await store.RemoveUserAsync("alice", "staff", EndReasons.EndedByAdmin, default))
            .Select(session => (session.Id, session.Provider)).ShouldBe([(namesake.Id, "staff"), (other.Id, "staff")], ignoreOrder: true);
        (await store.FindAsync(alice.Id, default))!.Provider.ShouldBe("default");

        await AddAsync(provider: "staff", store: store);
        (await store.RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default)).Select(session => session.Provider)
            .ShouldBe(["default", "staff"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_search_can_be_of_one_front_end_and_of_one_provider()
    {
        var store = StoreOfTwoProviders;
        var shop = await AddAsync(store: store);
        var admin = await AddAsync(frontEnd: "admin", provider: "staff", createdIn: 1, store: store);
        var partner = await AddAsync(user: "bob", name: "Bob", frontEnd: "partners", provider: "staff", createdIn: 2, store: store);

        (await FoundAsync(new(FrontEnd: "admin"))).ShouldBe([admin.Id]);
        (await FoundAsync(new(FrontEnd: "default"))).ShouldBe([shop.Id]);
        (await FoundAsync(new(FrontEnd: "nowhere"))).ShouldBeEmpty();
        (await FoundAsync(new(Provider: "staff"))).ShouldBe([partner.Id, admin.Id]);
        (await FoundAsync(new(Provider: "default"))).ShouldBe([shop.Id]);
        (await FoundAsync(new("ali", Provider: "staff"))).ShouldBe([admin.Id]);
        (await FoundAsync(new(FrontEnd: "partners", Provider: "default"))).ShouldBeEmpty();
        (await store.SearchTroubleAsync(new(FrontEnd: "admin"), null, 10, Now.AddMinutes(5), Now.AddMinutes(5), default))
            .Select(session => session.FrontEnd).ShouldBe(["admin"]);

        async Task<IEnumerable<SessionId>> FoundAsync(SessionFilter filter) =>
            (await store.SearchAsync(filter, null, 100, Now, default)).Select(session => session.Id);
    }

    [Fact]
    public async Task The_living_are_counted()
    {
        await AddAsync();
        await AddAsync();
        await AddAsync(endsIn: TimeSpan.Zero);
        (await Directory.CountAsync(Now, default)).Living.ShouldBe(2);
    }

    [Fact]
    public async Task Coming_renewals_are_counted_step_by_step()
    {
        foreach (var dueIn in new int?[] { -1, 0, 9, 10, 25, 40, null }) { await AddAsync(dueIn); }
        (await Directory.CountUpcomingAsync(Now, TimeSpan.FromSeconds(10), 4, default)).ShouldBe([2, 1, 1, 0]);
    }

    [Fact]
    public async Task What_was_not_renewed_in_time_is_counted_and_found_until_it_is()
    {
        var (failing, late) = (await AddAsync(dueIn: 0), await AddAsync(dueIn: 5, user: "bob"));
        var over = await AddAsync(dueIn: 0, endsIn: TimeSpan.FromSeconds(20));
        await AddAsync(dueIn: 0, endsIn: TimeSpan.FromSeconds(20));
        await AddAsync(dueIn: 50);
        await AddAsync(dueIn: null);
        foreach (var session in new[] { failing, over })
        {
            await Queue.ReleaseAsync((await ClaimAsync(session))!, Now.AddSeconds(50), Now, "http_503", default);
        }

        (await TroubleAsync(seconds: 30)).ShouldBe(new SessionTrouble(2, 0, ExpiredSince: null));
        (await FoundAsync(SessionFilter.None)).ShouldBe([failing.Id, late.Id], ignoreOrder: true);
        (await FoundAsync(new("bo"))).ShouldBe([late.Id]);
        (await TroubleAsync(seconds: 70)).ShouldBe(new SessionTrouble(2, 2, Now.AddMinutes(1)));

        await Queue.CompleteRenewalAsync((await ClaimAsync(failing))!, Tokens("new"), Now.AddMinutes(5), claims: null, default);
        (await TroubleAsync(seconds: 70)).ShouldBe(new SessionTrouble(1, 1, Now.AddMinutes(1)));
        (await FoundAsync(SessionFilter.None)).ShouldBe([late.Id]);

        Task<SessionTrouble> TroubleAsync(int seconds) => Directory.CountTroubleAsync(Now.AddSeconds(seconds), Now.AddSeconds(10), default);

        async Task<IEnumerable<SessionId>> FoundAsync(SessionFilter filter) =>
            (await Directory.SearchTroubleAsync(filter, null, 10, Now.AddSeconds(30), Now.AddSeconds(10), default)).Select(session => session.Id);
    }

    [Fact]
    public async Task A_session_is_found_by_its_handle()
    {
        var session = await AddAsync();
        (await Directory.FindByHandleAsync($"{session.Id}", default))!.Id.ShouldBe(session.Id);
        (await Directory.FindByHandleAsync($"{SessionKey.New().Id}", default)).ShouldBeNull();
        (await Directory.FindByHandleAsync($"{session.Id}"[..8], default)).ShouldBeNull();
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
        while (await Directory.SearchAsync(SessionFilter.None, seen.Count == 0 ? null : SessionPosition.Of(seen[^1]), 2, Now, default) is { Count: > 0 } page)
        {
            seen.AddRange(page);
        }
        seen.Select(session => session.Id).ShouldBe(added, ignoreOrder: true);
        seen.Select(session => session.CreatedAt).ShouldBe(seen.Select(session => session.CreatedAt).OrderDescending());
    }
}

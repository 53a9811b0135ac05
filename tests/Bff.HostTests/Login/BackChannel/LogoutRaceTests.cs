using System.Net;
using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>A logout that comes in the middle of something: no call after the response succeeds, no session comes back, no refresh token lives.</summary>
public sealed class LogoutRaceTests
{
    private static readonly TimeSpan CopiesLife = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Kinds => ["sid", "sub", "both", "both, and no sid in the ID token"];

    [Theory]
    [Trait("Standard", "BCL-13")]
    [MemberData(nameof(Kinds))]
    public async Task Between_the_callback_and_the_cookie_it_leaves_no_session_behind(string kind)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var sent = world.LogOutWithinNextIdToken(claims => TokenFor(world, kind, claims));

        var end = await alice.OpenAsync("/bff/login?login_hint=alice");

        (await sent).Status.ShouldBe(HttpStatusCode.OK);
        end.ShouldSay("signed_out_meanwhile");
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);

        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await alice.OpenAsync("/bff/login?login_hint=alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "who signs in again is let in at once");
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task Before_the_code_is_redeemed_it_leaves_no_session_behind_either()
    {
        await using var world = await World.StartAsync();
        var there = world.StartBff();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"), there)).Status.ShouldBe(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(3));

        (await alice.OpenAsync(callback)).ShouldSay("signed_out_meanwhile");

        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);
    }

    [Theory]
    [Trait("Standard", "BCL-13")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sign_in_that_a_node_of_the_version_before_has_begun_counts_from_when_that_was(bool isBegunAfter)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        if (isBegunAfter) { (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK); }
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        if (!isBegunAfter) { (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK); }

        var end = await alice.OpenAsync(WithoutBegunAt(world, callback));

        if (isBegunAfter) { (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice"); }
        else { end.ShouldSay("signed_out_meanwhile"); }
    }

    private static Uri WithoutBegunAt(World world, Uri callback)
    {
        var options = world.Bff.Services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>();
        var (format, query) = (options.Get(OpenIdConnectDefaults.AuthenticationScheme).StateDataFormat, QueryHelpers.ParseQuery(callback.Query));
        var properties = format.Unprotect(query["state"])!;
        properties.Items.Remove(SessionAuthentication.BegunAt).ShouldBeTrue();
        query["state"] = format.Protect(properties);
        return new(QueryHelpers.AddQueryString(callback.GetLeftPart(UriPartial.Path), query));
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task It_leaves_a_session_alone_that_the_sign_in_was_to_replace_when_that_is_another_one()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var sent = world.LogOutWithinNextIdToken(claims => TokenFor(world, "sid", claims));

        (await alice.OpenAsync("/bff/login?login_hint=alice")).ShouldSay("signed_out_meanwhile");

        (await sent).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task In_the_middle_of_a_silent_sign_in_that_brings_its_session_to_another_one_there_it_ends_it()
    {
        await using var world = await World.StartAsync();
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        var sent = world.LogOutWithinNextIdToken(claims => world.Provider.LogoutToken(subject: null, (string)claims["sid"]!));

        var end = await alice.OpenAsync("/bff/silent-login");

        (await sent).Status.ShouldBe(HttpStatusCode.OK);
        end.Location!.Query.ShouldContain("login_required");
        world.Sessions.ShouldBe(0);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [Trait("Standard", "BCL-13")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task In_the_middle_of_a_renewal_it_ends_the_session_and_what_the_renewal_brings_is_revoked(bool atAnotherNode)
    {
        await using var world = await World.StartAsync();
        var node = atAnotherNode ? world.StartBff() : world.Bff;
        var alice = await world.LogInAsync();
        var sent = new TaskCompletionSource<Answer>();
        world.Provider.ShapeIdToken = claims =>
        {
            world.Provider.ShapeIdToken = _ => { };
            sent.SetResult(Task.Run(() => world.SendLogoutAsync(world.Provider.LogoutToken("alice"), node)).GetAwaiter().GetResult());
        };

        var answer = await world.RunAsync(alice.PostAsync("/bff/renew"));

        (await sent.Task).Status.ShouldBe(HttpStatusCode.OK);
        answer.ShouldBeProblem(401, "session_ended");
        world.Sessions.ShouldBe(0);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        world.Provider.Grant.Used.Count.ShouldBe(1, "the provider had rotated");
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);
        world.Provider.Grant.Over.ShouldBeTrue();
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task In_the_middle_of_many_calls_none_that_begins_afterwards_succeeds_on_any_node()
    {
        await using var world = await World.StartAsync();
        var there = world.StartBff();
        var alice = await world.LogInAsync();
        var other = world.NewBrowser(there);
        other.Cookies.Set(Browser.SessionCookie, alice.Session!);
        using var stop = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 50).Select(number => CallAsync(number % 2 == 0 ? alice : other, stop.Token)).ToList();
        await Eventually.HappensAsync(() => world.Api.Calls.Count > 100, "calls are under way");

        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK);

        var after = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => alice.GetAsync("/api/echo")));
        after.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized);
        world.Clock.Advance(CopiesLife);   // nodes on one SQLite file do not hear of each other
        after = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => other.GetAsync("/api/echo")));
        after.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized);
        await stop.CancelAsync();
        await Task.WhenAll(calls);
        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);
    }

    [Fact]
    [Trait("Standard", "BCL-13")]
    public async Task A_user_with_a_thousand_sessions_is_out_of_all_of_them_and_each_refresh_token_is_revoked()
    {
        const int Sessions = 1000;
        await using var world = await World.StartAsync(("Bff:Renewal:MaxPerSecond", "100000"));   // of which a quarter, and of that a twentieth at once
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var store = world.Bff.Services.GetRequiredService<ISessionStore>();
        var keys = new List<string>();
        foreach (var number in Enumerable.Range(0, Sessions))
        {
            var (key, id) = SessionKey.New();
            keys.Add(key);
            await store.AddAsync(SessionOf(world, id, number), [], limit: null, default);
        }

        (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK);

        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var key in keys.Where((_, number) => number % 50 == 0))
        {
            alice.Cookies.Set(Browser.SessionCookie, key);
            (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
        await Eventually.HappensAsync(() => world.Provider.Revocations.Select(form => form["token"]).Distinct().Count() == Sessions + 1, "all are revoked");
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        world.Sessions.ShouldBe(1);
    }

    private static string TokenFor(World world, string kind, IDictionary<string, object?> idToken)
    {
        var (sub, sid) = ((string)idToken["sub"]!, (string)idToken["sid"]!);
        if (kind.Contains("no sid", StringComparison.Ordinal)) { idToken.Remove("sid"); }
        return kind switch
        {
            "sid" => world.Provider.LogoutToken(subject: null, sid),
            "sub" => world.Provider.LogoutToken(sub),
            _ => world.Provider.LogoutToken(sub, sid),
        };
    }

    private static async Task CallAsync(Browser browser, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await browser.GetAsync("/api/echo", CancellationToken.None);
            }
            catch (HttpRequestException)
            {
                // Its session ended when a part of the response was on its way: the rest is cut off.
            }
        }
    }

    private static Session SessionOf(World world, SessionId id, int number)
    {
        var now = world.Clock.Now;
        return new()
        {
            Id = id, Sid = SessionKey.New().Key, Provider = SettingsSection.Default, Subject = "alice",
            Claims = [new("sub", "alice"), new("sid", $"sid-{number}")],
            CreatedAt = now, EndsAt = now.AddHours(1), AbsoluteEndsAt = now.AddHours(2), DueAt = now.AddHours(1), SignInBegunAt = now,
            Tokens = new TokenSet($"access-{number}", $"refresh-{number}", IdToken: null, Scope: null, now, now.AddHours(1)),
        };
    }
}

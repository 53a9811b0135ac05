using System.Net;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>Two clients of ours at one provider, each with a front end: one issuer, one user, two audiences.</summary>
[Trait("Standard", "BCL-5")]
public sealed class TwoClientsTests
{
    private const string Twin = "twin";

    [Fact]
    public async Task A_logout_token_ends_the_sessions_of_its_own_client_only()
    {
        await using var world = await World.StartPreparedAsync(AddTwin);
        var (here, there) = (await world.LogInAsync(), await LogInAtTwinAsync(world));

        (await world.SendLogoutAsync(TokenFor(world, Twin))).Status.ShouldBe(HttpStatusCode.OK);
        (await here.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await there.GetAsync("/twin/api/echo")).ShouldBeProblem(401, "session_required");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        there = await LogInAtTwinAsync(world);
        (await world.SendLogoutAsync(TokenFor(world, PretendProvider.ClientId))).Status.ShouldBe(HttpStatusCode.OK);

        (await here.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await there.GetAsync("/twin/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_logout_token_for_both_is_refused_as_one_for_any_other_client_is()
    {
        await using var world = await World.StartPreparedAsync(AddTwin);
        var (here, there) = (await world.LogInAsync(), await LogInAtTwinAsync(world));

        var answer = await world.SendLogoutAsync(TokenFor(world, PretendProvider.ClientId, Twin));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("also for an audience we do not trust", StringComparison.Ordinal));
        (await here.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await there.GetAsync("/twin/api/echo")).Body.ShouldBe("alice");
    }

    private static void AddTwin(World world)
    {
        world.Set($"Bff:Providers:{Twin}:Authority", world.Provider.Issuer);
        world.Set($"Bff:Providers:{Twin}:ClientId", Twin);
        world.Set($"Bff:Providers:{Twin}:ClientSecret", "the-secret-of-the-twin-e2b9d4");
        world.Set($"Bff:Providers:{Twin}:RequireHttps", "false");
        world.Set($"Bff:FrontEnds:{Twin}:PathBase", "/twin");
        world.Set($"Bff:FrontEnds:{Twin}:Provider", Twin);
        world.Set($"Bff:FrontEnds:{Twin}:Origins:0", Browser.SpaOrigin);
    }

    /// <summary>A session of the same user as a sign-in at the other client leaves it: the pretend provider knows one client.</summary>
    private static async Task<Browser> LogInAtTwinAsync(World world)
    {
        var (key, id) = SessionKey.New();
        var now = world.Clock.Now;
        var tokens = new TokenSet(world.Provider.Grant.AccessToken!.Value, "refresh-of-the-twin", IdToken: null, Scope: null, now, now.AddMinutes(5));
        var session = new Session
        {
            Id = id, Sid = SessionKey.New().Key, Provider = Twin, FrontEnd = Twin, Subject = "alice", Claims = [new("sub", "alice")], Tokens = tokens,
            CreatedAt = now, EndsAt = now.AddHours(1), AbsoluteEndsAt = now.AddHours(2), DueAt = now.AddHours(1), SignInBegunAt = now,
        };
        await world.Bff.Services.GetRequiredService<ISessionStore>().AddAsync(session, [], limit: null, CancellationToken.None);
        var browser = world.NewBrowser();
        browser.Cookies.Set("__Host-bff.twin", key);
        return browser;
    }

    private static string TokenFor(World world, params string[] audiences)
    {
        var claims = world.Provider.LogoutClaims("alice");
        claims["aud"] = audiences is [var one] ? one : audiences;
        return world.Provider.LogoutToken(claims);
    }
}

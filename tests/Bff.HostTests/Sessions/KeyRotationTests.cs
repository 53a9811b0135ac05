using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Sessions;

/// <summary>A key that <c>bff keys rotate</c>, a process of its own, has put beside the others.</summary>
public sealed class KeyRotationTests
{
    [Fact]
    public async Task A_node_opens_what_another_sealed_with_a_key_it_had_not_read()
    {
        await using var world = await World.StartAsync();
        var old = await world.LogInAsync();
        var node = world.StartBff();
        (await At(world, node, old).GetAsync("/api/echo")).Body.ShouldBe("alice");
        var key = Rotate(world);

        await world.RestartBffAsync();
        var alice = await world.LogInAsync();

        SealedWith(world, key).ShouldBe(1);
        (await At(world, node, alice).GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await At(world, node, old).GetAsync("/api/echo")).Body.ShouldBe("alice", "older keys go on opening");
    }

    [Fact]
    public async Task A_running_node_seals_with_a_new_key_within_a_minute()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var key = Rotate(world);

        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        await HasReadKeysAsync(world.Bff);
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        SealedWith(world, key).ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_sign_in_begun_with_a_new_key_ends_at_a_node_that_had_not_read_it()
    {
        await using var world = await World.StartAsync();
        var node = world.StartBff();
        await world.LogInAsync(at: node);
        Rotate(world);
        await world.RestartBffAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = node.Address.Port }.Uri);
        request.Headers.Host = callback.Authority;
        (await alice.SendAsync(request)).Status.ShouldBe(HttpStatusCode.Found);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "HARD-11")]
    public async Task A_revoked_key_opens_nothing_on_any_node_after_a_minute_and_nobody_is_locked_out()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"));
        var alice = await world.LogInAsync();
        var node = world.StartBff();
        var refreshToken = world.Provider.Grant.RefreshToken;
        (await At(world, node, alice).GetAsync("/api/echo")).Body.ShouldBe("alice");

        var leaked = Elsewhere(world, keys =>
        {
            var key = keys.GetAllKeys().Single().KeyId;
            keys.RevokeKey(key);
            return key;
        });
        await world.AdvanceAsync(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(6));

        foreach (var at in new[] { world.Bff, node }) { await HasReadKeysAsync(at); }

        foreach (var at in new[] { world.Bff, node })
        {
            (await At(world, at, alice).GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
            (await At(world, at, alice).GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.OK);
        }

        var again = await world.LogInAsync("bob");
        (await At(world, node, again).GetAsync("/api/echo")).Body.ShouldBe("bob");
        await world.SeesRevocationAsync(refreshToken);
        SealedWith(world, leaked).ShouldBe(0, "it ended, though a node sealed it before it knew");
        world.Ask("SELECT COUNT(*) FROM ends WHERE reason = 'ended_by_admin'").ShouldBeGreaterThan(0, "and not by its timeout");
    }

    [Fact]
    [Trait("Standard", "HARD-10")]
    public async Task A_key_in_the_clear_does_not_seal_beside_those_a_certificate_encrypts()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:KeyCertificate", KeyCertificateTests.NewPem()));
        var alice = await world.LogInAsync();
        var planted = Rotate(world);

        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        await world.RestartBffAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        SealedWith(world, planted).ShouldBe(0);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains($"{planted} lies in the clear", StringComparison.Ordinal));
    }

    private static Guid Rotate(World world)
    {
        var now = TimeProvider.System.GetUtcNow();   // the framework's key ring knows no other clock
        return Elsewhere(world, keys => keys.CreateNewKey(now, now.AddDays(90)).KeyId);
    }

    /// <summary>A key manager of its own, as in another process: the running nodes are not told.</summary>
    private static Guid Elsewhere(World world, Func<IKeyManager, Guid> act)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("Bff").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(world.Folder, "keys")));
        using var process = services.BuildServiceProvider();
        return act(process.GetRequiredService<IKeyManager>());
    }

    private static long SealedWith(World world, Guid key) =>
        world.Ask($"SELECT COUNT(*) FROM sessions WHERE hex(substr(tokens, 5, 16)) = '{Convert.ToHexString(key.ToByteArray())}'");

    private static Task HasReadKeysAsync(BffHost node) => Eventually.HappensAsync(
        () => node.Logs.Lines.Any(line => line.Contains("revoked Data Protection keys were read", StringComparison.Ordinal)), "the node notices");

    private static Browser At(World world, BffHost node, Browser browser)
    {
        var other = world.NewBrowser(node);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }
}

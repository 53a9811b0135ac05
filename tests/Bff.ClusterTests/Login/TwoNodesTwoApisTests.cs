using System.Net;
using Bff.HostTests;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.ClusterTests.Login;

/// <summary>Logouts of the provider, stronger sign-ins and bound tokens from the browser to the APIs, with two nodes on one store and two APIs.</summary>
public sealed class TwoNodesTwoApisTests(PostgreSqlFixture postgres)
{
    /// <summary>A second, and what a busy machine adds; without a notification it would be five.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    private static readonly Binding Bearer = new(IsBound: false), Plain = new(IsBound: true),
        WithNonces = new(IsBound: true, ProviderWantsNonces: true, ApisWantNonces: true);

    /// <summary>Whether there are nonces makes a difference to renewals only.</summary>
    public static TheoryData<Binding> Bindings => [Bearer, WithNonces];

    public static TheoryData<Binding> Bound => [Plain, WithNonces];

    [Theory]
    [MemberData(nameof(Bindings))]
    [Trait("Standard", "BCL-13")]
    public async Task A_logout_token_at_one_node_ends_what_the_user_does_at_the_other_at_both_APIs(Binding binding)
    {
        await using var world = await StartAsync(binding);
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var there = world.At(world.There, alice);
        await TwoByTwo.ShouldServeAsync(there, "alice");
        var open = await TwoByTwo.OpenAllAsync(there, world.There);

        var server = world.At(world.Here, bob);
        server.Cookies.Remove(Browser.SessionCookie);
        var request = server.Bare(HttpMethod.Post, "/bff/backchannel");
        request.Content = new FormUrlEncodedContent([new("logout_token", world.Provider.LogoutToken("alice"))]);
        (await server.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        await ShouldBeOverAsync(world, alice, there, open);
        await TwoByTwo.ShouldServeAsync(world.At(world.There, bob), "bob");
        world.ShouldHaveRefusedNonceslessProofsOnly();
    }

    [Theory]
    [MemberData(nameof(Bindings))]
    [Trait("Standard", "FCL-2")]
    public async Task A_frame_at_one_node_ends_what_the_user_does_at_the_other_at_both_APIs(Binding binding)
    {
        await using var world = await StartAsync(binding, ("Bff:Oidc:FrontChannelLogout", "true"));
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var there = world.At(world.There, alice);
        await TwoByTwo.ShouldServeAsync(there, "alice");
        var open = await TwoByTwo.OpenAllAsync(there, world.There);

        var (issuer, sid) = (Uri.EscapeDataString(world.Provider.Issuer), world.Provider.Grants[0].ProviderSid);
        var frame = alice.Bare(HttpMethod.Get, $"/bff/frontchannel?iss={issuer}&sid={sid}");
        frame.Headers.Add("Accept", "text/html");
        frame.Headers.Add("Sec-Fetch-Dest", "iframe");
        (await alice.SendAsync(frame)).Status.ShouldBe(HttpStatusCode.OK);

        await ShouldBeOverAsync(world, alice, there, open);
        await TwoByTwo.ShouldServeAsync(world.At(world.There, bob), "bob");
        world.ShouldHaveRefusedNonceslessProofsOnly();
    }

    [Theory]
    [MemberData(nameof(Bindings))]
    [Trait("Standard", "RFC9470-1")]
    public async Task What_one_API_asks_for_at_one_node_a_sign_in_through_the_other_brings_for_all(Binding binding)
    {
        await using var world = await StartAsync(binding);
        world.Provider.Strength = new() { UsualAcr = "urn:password" };
        var alice = await world.LogInAsync();
        var there = world.At(world.There, alice);
        var stolen = world.At(world.There, alice);
        await TwoByTwo.ShouldServeAsync(there, "alice");

        var refused = await there.GetAsync("/orders/api/transfer");
        refused.Status.ShouldBe(HttpStatusCode.Unauthorized);
        var asked = QueryHelpers.ParseQuery(refused.Header("Bff-Step-Up"));
        $"{asked["acr_values"]} {asked["max_age"]}".ShouldBe($"{CheckedApi.Strong} 300");
        var callback = await there.GoToCallbackAsync($"/bff/login?acr_values={asked["acr_values"]}&max_age={asked["max_age"]}");
        (await TwoByTwo.BringAsync(there, callback, world.Here)).Status.ShouldBe(HttpStatusCode.Found);

        there.Session.ShouldNotBe(alice.Session);
        foreach (var browser in new[] { there, world.At(world.Here, there) })
        {
            (await browser.GetAsync("/orders/api/transfer")).Body.ShouldBe("alice");
            await TwoByTwo.ShouldServeAsync(browser, "alice");
        }

        (await world.SessionsAsync()).ShouldBe(1);
        await Eventually.HappensAsync(
            async () => (await stolen.GetAsync("/api/list")).Status == HttpStatusCode.Unauthorized, "the old key is worth nothing", Soon);
        world.ShouldHaveRefusedNonceslessProofsOnly();
        if (binding.IsBound) { world.Orders.Proofs.Keys.Count.ShouldBe(2, "the stronger sign-in has a key of its own"); }
    }

    [Theory]
    [MemberData(nameof(Bound))]
    [Trait("Standard", "RFC9449-1"), Trait("Standard", "RFC9449-3"), Trait("Standard", "RFC9449-4"), Trait("Standard", "RFC9449-5")]
    public async Task A_sessions_key_serves_on_both_nodes_across_renewals_and_when_its_first_node_is_gone(Binding binding)
    {
        await using var world = await StartAsync(binding, ("Bff:Renewal:Lead", "00:00:05"));
        world.Provider.Proofs!.BindsRefreshTokens = true;
        world.Provider.Lifetime = TimeSpan.FromSeconds(8);
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var (aliceThere, bobThere) = (world.At(world.There, alice), world.At(world.There, bob));
        for (var round = 1; round <= 2; round++)
        {
            world.ChangeNonces();
            await TwoByTwo.ShouldServeAsync(alice, "alice");
            await TwoByTwo.ShouldServeAsync(aliceThere, "alice");
            await TwoByTwo.ShouldServeAsync(bobThere, "bob");
            await TwoByTwo.ShouldServeAsync(bob, "bob");
            await Eventually.HappensAsync(() => world.Provider.Grants.All(grant => grant.Used.Count >= round), $"renewal {round} of both");
        }

        world.Here.Terminate();
        (await world.Here.ExitCodeAsync()).ShouldBe(0);
        world.ChangeNonces();
        var renewed = world.Provider.Grants.Select(grant => grant.Used.Count).ToList();
        await Eventually.HappensAsync(
            () => world.Provider.Grants.Zip(renewed).All(one => one.First.Used.Count > one.Second), "the node that is left renews both");
        await TwoByTwo.ShouldServeAsync(aliceThere, "alice");
        await TwoByTwo.ShouldServeAsync(bobThere, "bob");

        world.ShouldHaveRefusedNonceslessProofsOnly();
        world.Provider.Grants.ShouldAllBe(grant => grant.MostAtOnce == 1);
        var keys = world.Provider.Grants.Select(grant => grant.AccessToken!.KeyThumbprint!).ToList();
        keys.Distinct().Count().ShouldBe(2);
        foreach (var api in new[] { world.Accounts, world.Orders }) { api.Proofs.Keys.Keys.ShouldBe(keys, ignoreOrder: true); }
    }

    private async Task<TwoByTwo> StartAsync(Binding binding, params (string Key, string Value)[] settings) =>
        await TwoByTwo.StartAsync(await postgres.Server.CreateDatabaseAsync(), binding, settings);

    private static async Task ShouldBeOverAsync(TwoByTwo world, Browser here, Browser there, List<OpenCall> open)
    {
        await TwoByTwo.ShouldRefuseAsync(here);
        await Task.WhenAll(open.Select(call => call.EndsAsync(Soon)));
        await TwoByTwo.ShouldRefuseAsync(there);
        foreach (var call in open) { await call.DisposeAsync(); }
        await Eventually.HappensAsync(() => world.Provider.Grants[0].Over, "the refresh token is revoked");
        world.Provider.Grants[1].Over.ShouldBeFalse();
        (await world.SessionsAsync()).ShouldBe(1);
    }
}

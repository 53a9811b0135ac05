using System.Net;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Login;

/// <summary>What strangers can make us do to the provider, and what the people who are signed in notice of it.</summary>
[Trait("Standard", "HARD-3")]
public sealed class SignInLoadTests
{
    private const int Places = 16;   // half of Bff:Renewal:MaxConcurrency

    /// <summary>As if each came from an address of its own.</summary>
    private static readonly (string, string) FromAnywhere = ("Bff:RateLimits:AtOnce", "0");

    [Fact]
    public async Task One_address_takes_half_of_the_share_at_most_and_uses_up_no_state_of_those_who_wait()
    {
        await using var world = await World.StartAsync(World.BehindProxy());
        var strangers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => ForgeAsync(world, number)));
        world.Provider.Faults.HangCodes();

        var calls = strangers.Select(stranger => stranger.Browser.StepAsync(stranger.Callback, accept: "*/*")).ToList();
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == Places / 2);
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "localhost", "X-Forwarded-For: 203.0.113.9")).Status.ShouldBe(302);

        world.Provider.Faults.ComeBack();
        world.Provider.Faults.CutOff();
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task Three_hundred_callbacks_with_invented_codes_take_no_more_than_the_share_of_sign_ins_and_renewals_are_on_time()
    {
        await using var world = await World.StartAsync(FromAnywhere);
        var alice = await world.LogInAsync();
        var strangers = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => ForgeAsync(world, number)));
        world.Provider.Faults.HangCodes();

        var calls = strangers.Select(stranger => stranger.Browser.StepAsync(stranger.Callback, accept: "*/*")).ToList();
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == Places);
        await world.AdvanceAsync(TimeSpan.FromMinutes(4.5));

        world.Provider.Refreshes.ShouldBe(1);
        world.Provider.Grant.AccessToken!.ExpiresAt.ShouldBeGreaterThan(world.Clock.Now);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Faults.Holding.ShouldBe(Places);
        world.Provider.Faults.CutOff();
        foreach (var answer in await Task.WhenAll(calls))
        {
            answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Header("Retry-After").ShouldNotBeNull();
            answer.Code.ShouldBeOneOf("busy", "provider_unavailable", "store_unavailable");   // the clock jumped past the limit of the store, too
        }

        world.Provider.Traffic.MostAtOnce("/token").ShouldBeLessThanOrEqualTo(Places + 1);
        // alice's; the others were cut off before the endpoint
        world.Provider.TokenCalls.Count(form => form["grant_type"] == "authorization_code").ShouldBe(1);
    }

    [Fact]
    public async Task Four_hundred_sign_ins_of_strangers_push_few_requests_at_once_and_the_rest_is_told_to_come_back()
    {
        await using var world = await World.StartAsync(FromAnywhere, ("Bff:Renewal:MaxConcurrency", "4"), ("Bff:Renewal:MaxPerSecond", "100"));
        world.Provider.OffersPushedRequests = true;
        await world.NewBrowser().StepAsync("/bff/logout");   // nothing but a first request: the metadata are fetched by the sign-ins
        world.Provider.Faults.Hang("/par");

        var calls = Enumerable.Range(0, 400).Select(_ => world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ToList();
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 2 && calls.Count(call => call.IsCompleted) == 298);

        foreach (var call in calls.Where(call => call.IsCompleted))
        {
            var answer = await call;
            answer.ShouldBeProblem(503, "busy");
            answer.Header("Retry-After").ShouldBe("2");
        }

        world.Clock.Advance(TimeSpan.FromSeconds(5));   // the hundred that wait have waited long enough
        await Eventually.HappensAsync(() => calls.Count(call => call.IsCompleted) == 398);
        world.Provider.Faults.Release();
        (await Task.WhenAll(calls)).Count(answer => answer.Status == HttpStatusCode.Found).ShouldBe(2);
        world.Provider.Traffic.MostAtOnce("/par").ShouldBe(2);
    }

    [Fact]
    public async Task Who_waits_for_a_place_is_counted_once()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "3"), ("Bff:RateLimits:AtOnce", "1"));
        world.Provider.OffersPushedRequests = true;
        await world.NewBrowser().StepAsync("/bff/logout");
        world.Provider.Faults.Hang("/par");

        var first = world.NewBrowser().StepAsync("/bff/login", accept: "*/*");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);
        var others = Enumerable.Range(0, 4).Select(_ => world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ToList();
        await Eventually.HappensAsync(() => others.Count(call => call.IsCompleted) >= 2);
        await Eventually.HappensAsync(() =>
        {
            world.Provider.Faults.Release();   // those that are held; the next one comes then
            return first.IsCompleted && others.TrueForAll(call => call.IsCompleted);
        });

        var answers = await Task.WhenAll([first, .. others]);
        answers.Count(answer => answer.Status == HttpStatusCode.TooManyRequests).ShouldBe(2);
        answers.Count(answer => answer.Status == HttpStatusCode.Found).ShouldBe(3, "two have waited");
    }

    [Fact]
    public async Task While_the_metadata_cannot_be_had_sixty_sign_ins_and_sixty_probes_ask_for_them_once()
    {
        await using var world = await World.StartAsync(FromAnywhere);
        world.Provider.Faults.AnswerWith(Discovery, 500, "", "text/plain");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => world.NewBrowser().StepAsync("/bff/login", accept: "*/*")));
        using var ops = new HttpClient { BaseAddress = world.Bff.OpsAddress };
        for (var probe = 0; probe < 60; probe++)
        {
            (await ops.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        foreach (var answer in answers) { answer.ShouldBeProblem(503, "provider_unavailable"); }
        world.Provider.Traffic.Count(Discovery).ShouldBe(1);
    }

    [Fact]
    public async Task Metadata_that_cannot_be_had_are_asked_for_ever_more_seldom_and_used_within_ten_seconds_of_their_return()
    {
        await using var world = await World.StartAsync();
        world.Provider.Faults.AnswerWith(Discovery, 500, "", "text/plain");
        for (var second = 0; second < 60; second++)
        {
            await world.NewBrowser().StepAsync("/bff/login");
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Provider.Traffic.Count(Discovery).ShouldBeInRange(5, 10);
        world.Provider.ComeBack();
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.LogInAsync();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(503)]
    public async Task Strangers_neither_open_the_breaker_nor_close_it(int status)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerCodesWith(status);
        foreach (var number in Enumerable.Range(0, 10)) { await SendForgedAsync(world, number); }

        world.Bff.LeavesProviderAlone.ShouldBeFalse();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        var gate = OpenBreaker(world);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await SendForgedAsync(world, 11);
        gate.State.ShouldBe(BreakerState.HalfOpen);
    }

    [Fact]
    [Trait("Standard", "ASVS-16")]
    public async Task While_the_breaker_is_open_a_sign_in_is_told_at_once_and_no_call_is_made()
    {
        await using var world = await World.StartAsync();
        world.Provider.OffersPushedRequests = true;
        await world.LogInAsync();
        var pushed = world.Provider.Traffic.Count("/par");
        OpenBreaker(world);

        var answer = await world.NewBrowser().StepAsync("/bff/login", accept: "*/*");

        answer.ShouldBeProblem(503, "provider_unavailable");
        answer.Header("Retry-After").ShouldBe("1");
        world.Provider.Traffic.Count("/par").ShouldBe(pushed);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await world.NewBrowser().StepAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task A_silent_sign_in_that_finds_no_place_tells_its_page()
    {
        await using var world = await World.StartAsync();
        world.Provider.OffersPushedRequests = true;
        await world.LogInAsync();
        OpenBreaker(world);
        (await world.NewBrowser().StepAsync("/bff/silent-login")).Location.ShouldBe(new Uri("http://localhost:5000/silent?result=error&error=idp_unavailable"));
    }

    [Fact]
    public async Task A_sign_out_does_not_wait_for_a_place_and_its_revocation_is_sent_in_the_end()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:MaxConcurrency", "2"));
        var alice = await world.LogInAsync();
        var strangers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => ForgeAsync(world, number)));
        world.Provider.Faults.HangCodes();
        var calls = strangers.Select(stranger => stranger.Browser.StepAsync(stranger.Callback, accept: "*/*")).ToList();
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1);

        await alice.PostAsync("/bff/logout");
        var gate = world.Bff.Services.GetRequiredService<ProviderSet>().Default.Gate;
        await Eventually.HappensAsync(() => gate.WaitingFor(CallKind.Revocation) == 1);
        world.Provider.Revocations.ShouldBeEmpty();
        await Eventually.HappensAsync(() =>
        {
            world.Provider.Faults.CutOff();
            return calls.TrueForAll(call => call.IsCompleted);
        });
        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1);
    }

    private const string Discovery = "/.well-known/openid-configuration";

    /// <summary>A sign-in of somebody who is nobody, at the point where the code would be redeemed.</summary>
    private static async Task<(Browser Browser, Uri Callback)> ForgeAsync(World world, int number)
    {
        var browser = world.NewBrowser();
        var callback = await browser.GoToCallbackAsync("/bff/login?prompt=none");
        return (browser, new Uri(callback.AbsoluteUri.Replace("error=login_required", "code=garbage-" + number, StringComparison.Ordinal)));
    }

    private static async Task SendForgedAsync(World world, int number)
    {
        var (browser, callback) = await ForgeAsync(world, number);
        await browser.StepAsync(callback);
    }

    private static TokenCallGate OpenBreaker(World world)
    {
        var gate = world.Bff.Services.GetRequiredService<ProviderSet>().Default.Gate;
        for (var failure = 0; failure < CircuitBreaker.Threshold; failure++)
        {
            gate.Leave(gate.EnterAsync(CallKind.Renewal, default).Result.Permit!, CallVerdict.Failed);
        }
        gate.State.ShouldBe(BreakerState.Open);
        return gate;
    }
}

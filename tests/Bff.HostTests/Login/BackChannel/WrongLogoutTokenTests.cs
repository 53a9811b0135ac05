using System.Net;
using System.Net.Mime;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>OpenID Connect Back-Channel Logout 1.0 section 2.6: whatever is wrong, nothing ends, the response tells nothing, and the log tells what.</summary>
public sealed class WrongLogoutTokenTests
{
    public static TheoryData<string> Of(string kind) =>
        [.. WrongLogoutToken.All.Keys.Where(name => name.StartsWith(kind + ": ", StringComparison.Ordinal))];

    [Theory]
    [Trait("Standard", "BCL-1"), Trait("Standard", "BCL-15")]
    [MemberData(nameof(Of), "form")]
    [MemberData(nameof(Of), "text")]
    [MemberData(nameof(Of), "twins")]
    public Task It_comes_in_a_form_with_one_logout_token_that_can_be_read(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-2")]
    [MemberData(nameof(Of), "signature")]
    [MemberData(nameof(Of), "kid")]
    public Task It_is_signed_with_a_key_of_the_provider(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-3")]
    [MemberData(nameof(Of), "alg")]
    public Task It_is_signed_with_an_algorithm_that_is_accepted(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-4")]
    [MemberData(nameof(Of), "iss")]
    public Task It_is_of_the_provider(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-5")]
    [MemberData(nameof(Of), "aud")]
    [MemberData(nameof(Of), "azp")]
    public Task It_is_for_our_client(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-6")]
    [MemberData(nameof(Of), "iat")]
    public Task It_was_issued_just_now(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-7")]
    [MemberData(nameof(Of), "exp")]
    public Task It_has_not_expired(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-8")]
    [MemberData(nameof(Of), "events")]
    public Task It_is_about_a_logout(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-9")]
    [MemberData(nameof(Of), "who")]
    public Task It_names_a_user_or_a_session(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-10")]
    [MemberData(nameof(Of), "nonce")]
    public Task It_has_no_nonce(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-11")]
    [MemberData(nameof(Of), "typ")]
    [MemberData(nameof(Of), "crit")]
    public Task It_is_a_logout_token_by_its_header(string wrong) => EndsNothingAsync(wrong);

    [Theory]
    [Trait("Standard", "BCL-12")]
    [MemberData(nameof(Of), "jti")]
    public Task It_can_be_told_from_others(string wrong) => EndsNothingAsync(wrong);

    [Fact]
    public void There_are_at_least_sixty_of_them() => WrongLogoutToken.All.Count.ShouldBeGreaterThanOrEqualTo(60);

    [Fact]
    [Trait("Standard", "BCL-1")]
    public async Task A_token_in_the_query_is_not_looked_at()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var path = $"{BackChannelCalls.Path}?logout_token={WrongLogoutToken.Right(world)}";

        (await world.PostToBackChannelAsync(BackChannelCalls.Form(), path: path)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await alice.StepAsync(path)).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);

        world.Sessions.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "BCL-12")]
    public async Task A_token_counts_once_on_either_node_and_not_for_another_user_afterwards()
    {
        await using var world = await World.StartAsync();
        var there = world.StartBff();
        await world.LogInAsync();
        var token = world.Provider.LogoutToken("alice");

        (await world.SendLogoutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.LogInAsync();

        foreach (var node in new[] { world.Bff, there })
        {
            ShouldTellNothing(await world.SendLogoutAsync(token, node));
            node.Logs.Lines.ShouldContain(line => line.Contains("was refused: replay: The ", StringComparison.Ordinal));
            node.Logs.Lines.ShouldNotContain(line => line.Contains("logout_refused", StringComparison.Ordinal), "the provider repeats itself");
        }

        world.Sessions.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "BCL-12")]
    public async Task Of_the_same_token_sent_many_times_at_once_one_counts()
    {
        await using var world = await World.StartAsync();
        var there = world.StartBff();
        await world.LogInAsync();
        var token = world.Provider.LogoutToken("alice");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => world.SendLogoutAsync(token, number % 2 == 0 ? world.Bff : there)));

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status == HttpStatusCode.BadRequest).ShouldBe(19);
    }

    [Fact]
    [Trait("Standard", "BCL-2")]
    public async Task Rubbish_with_unknown_keys_makes_us_fetch_the_keys_once_and_leaves_a_fetch_to_sign_ins()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        var before = world.Provider.KeyDownloads;
        foreach (var number in Enumerable.Range(0, 10))
        {
            var key = SigningKey.Number(2) with { Kid = "unknown-" + number };
            var answer = await world.SendLogoutAsync(Jwt.Sign(world.Provider.LogoutClaims("alice"), key));
            answer.Status.ShouldBe(number == 0 ? HttpStatusCode.BadRequest : HttpStatusCode.ServiceUnavailable);
        }

        (world.Provider.KeyDownloads - before).ShouldBe(1);
        world.Provider.Key = SigningKey.Number(3);
        await world.LogInAsync("bob");
    }

    private static async Task EndsNothingAsync(string wrong)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var token = WrongLogoutToken.All[wrong];

        var answer = await world.PostToBackChannelAsync(token.Send(world));

        ShouldTellNothing(answer);
        ShouldLog(world.Bff, token.Word);
        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    private static void ShouldTellNothing(Answer answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Body.ShouldBe("""{"error":"invalid_request"}""");
        answer.Header("Content-Type").ShouldBe(MediaTypeNames.Application.Json + "; charset=utf-8");
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.SetCookies.ShouldBeEmpty();
    }

    private static void ShouldLog(BffHost node, string word)
    {
        node.Logs.Lines.ShouldContain(line => line.Contains($"was refused: {word}: The ", StringComparison.Ordinal));
        node.Logs.Lines.ShouldContain(line => line.StartsWith("Warning Bff.Audit: logout_refused time=", StringComparison.Ordinal)
            && line.Contains($" reason={word} address=127.0.0.1", StringComparison.Ordinal));
    }
}

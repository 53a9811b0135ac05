namespace Bff.HostTests.Forwarding.PassThrough;

/// <summary>Whatever is wrong with a caller's token: it is refused with the word of RFC 6750 or RFC 9449, and nothing reaches the API.</summary>
public sealed class WrongCallersTokenTests(CallersWorld callers) : IClassFixture<CallersWorld>
{
    public static TheoryData<string> All => [.. WrongCallersToken.All.Keys];

    [Theory]
    [MemberData(nameof(All))]
    [Trait("Standard", "RFC6750-2")]
    [Trait("Standard", "RFC6750-3")]
    [Trait("Standard", "RFC9068-1")]
    [Trait("Standard", "RFC9068-2")]
    [Trait("Standard", "RFC9449-9")]
    public async Task A_wrong_token_is_refused_and_the_caller_learns_in_which_way(string wrong)
    {
        var expected = WrongCallersToken.All[wrong];
        callers.Mark.Value = Guid.NewGuid().ToString("N");

        var answer = await expected.Send(callers);

        answer.Status.ShouldBe(expected.Status, answer.Text);
        var challenge = answer.Header("WWW-Authenticate").ShouldNotBeNull();
        challenge.ShouldStartWith(expected.Challenge + " realm=\"bff\"");
        if (expected.Error is null) { challenge.ShouldNotContain("error"); }
        else
        {
            challenge.ShouldContain($"error=\"{expected.Error}\"");
            answer.Says(expected.Error).ShouldBeTrue(answer.Text);
        }

        if (expected.Status == 403) { challenge.ShouldContain($"scope=\"{CallersWorld.Scope}\""); }
        callers.MarkedCalls.Count().ShouldBe(wrong == "proof: used before" ? 1 : 0, "nothing reaches the API");
    }

    [Fact]
    public void There_are_at_least_fifty_of_them() => WrongCallersToken.All.Count.ShouldBeGreaterThanOrEqualTo(50);
}

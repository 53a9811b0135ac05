using Bff.Forwarding;

namespace Bff.Tests.Forwarding;

public sealed class StepUpChallengeTests
{
    private const string Error = "error=\"insufficient_user_authentication\"", Asked = "error=insufficient_user_authentication";

    [Theory]
    [InlineData($"Bearer {Error}", Asked)]
    [InlineData($"Bearer {Error}, acr_values=\"urn:mfa urn:key\"", Asked + "&acr_values=urn%3Amfa%20urn%3Akey")]
    [InlineData($"Bearer {Error}, max_age=\"300\"", Asked + "&max_age=300")]
    [InlineData($"Bearer {Error}, max_age=0300", Asked + "&max_age=300")]
    [InlineData("dpop algs=\"ES256\", Error=insufficient_user_authentication, ACR_VALUES=gold, max_age=5", Asked + "&acr_values=gold&max_age=5")]
    [InlineData($"Bearer realm=\"a, b=\\\"c\\\"\", {Error}, error_description=\"more, please\", acr_values=\"a\\\\b\"", Asked + "&acr_values=a%5Cb")]
    [InlineData($"Basic realm=\"x\", Bearer {Error}, acr_values=\"gold\"", Asked + "&acr_values=gold")]
    [InlineData($"Bearer error=\"invalid_token\", DPoP {Error}, max_age=1", Asked + "&max_age=1")]
    public void A_challenge_that_asks_for_another_sign_in_is_read(string challenge, string asked) => Read(challenge).ShouldBe(asked);

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer error=\"invalid_token\", acr_values=\"gold\"")]
    [InlineData("Bearer error=\"Insufficient_User_Authentication\"")]
    [InlineData($"Basic {Error}, acr_values=\"gold\"")]
    [InlineData("Bearer realm=\"error=insufficient_user_authentication\"")]
    [InlineData($"Bearer {Error}, acr_values=\"\"")]
    [InlineData($"Bearer {Error}, acr_values=\"gold  silver\"")]
    [InlineData($"Bearer {Error}, acr_values=\"gold\tsilver\"")]
    [InlineData($"Bearer {Error}, acr_values=\"g\u00f6ld\"")]
    [InlineData($"Bearer {Error}, acr_values=\"gold\", acr_values=\"silver\"")]
    [InlineData($"Bearer {Error}, {Error}")]
    [InlineData($"Bearer {Error}, acr_values=\"gold")]
    [InlineData($"Bearer {Error}, acr_values=gold silver")]
    [InlineData($"Bearer {Error}, max_age=\"-1\"")]
    [InlineData($"Bearer {Error}, max_age=\"1.5\"")]
    [InlineData($"Bearer {Error}, max_age=\" 5\"")]
    [InlineData($"Bearer {Error}, max_age=\"99999999999\"")]
    public void Anything_else_is_passed_on_and_not_read(string challenge) => Read(challenge).ShouldBeNull();

    [Fact]
    public void Challenges_may_come_in_lines_of_their_own() =>
        Read("Basic realm=\"x\"", $"Bearer {Error}, acr_values=\"gold\"").ShouldBe(Asked + "&acr_values=gold");

    [Fact]
    public void What_is_too_long_is_not_read()
    {
        Read($"Bearer {Error}, acr_values=\"{new string('a', 1000)}\"").ShouldNotBeNull();
        Read($"Bearer {Error}, acr_values=\"{new string('a', 1001)}\"").ShouldBeNull();
        Read($"Bearer {Error}", $"Basic realm=\"{new string('a', 5000)}\"").ShouldBeNull();
    }

    private static string? Read(params string[] lines)
    {
        using var answer = new HttpResponseMessage();
        foreach (var line in lines) { answer.Headers.TryAddWithoutValidation("WWW-Authenticate", line); }
        return StepUpChallenge.Read(answer.Headers);
    }
}

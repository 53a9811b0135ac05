using Bff.Forwarding;

namespace Bff.Tests.Forwarding;

public class TokenPoliciesTests
{
    [Theory]
    [InlineData("None")]
    [InlineData("User")]
    [InlineData("UserOrNone")]
    [InlineData("Client")]
    [InlineData("UserOrClient")]
    [InlineData("Exchange")]
    public void The_words_of_the_contract_are_read(string word)
    {
        TokenPolicies.TryRead(new Dictionary<string, string> { ["Bff.Token"] = word }, out var policy).ShouldBeTrue();
        policy.ToString().ShouldBe(word);
    }

    [Theory]
    [InlineData("user")]
    [InlineData("1")]
    [InlineData("None,User")]
    [InlineData("")]
    [InlineData("Usr")]
    public void Any_other_word_is_a_mistake(string word) =>
        TokenPolicies.TryRead(new Dictionary<string, string> { ["Bff.Token"] = word }, out _).ShouldBeFalse();

    [Fact]
    public void A_route_that_says_nothing_gets_no_token()
    {
        TokenPolicies.TryRead(null, out var policy).ShouldBeTrue();
        policy.ShouldBe(TokenPolicy.None);
    }
}

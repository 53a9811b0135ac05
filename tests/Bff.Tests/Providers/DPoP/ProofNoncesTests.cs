using Bff.Providers.DPoP;

namespace Bff.Tests.Providers.DPoP;

[Trait("Standard", "RFC9449-3"), Trait("Standard", "RFC9449-4")]
public sealed class ProofNoncesTests
{
    private readonly ProofNonces _nonces = new();

    [Fact]
    public void A_nonce_is_its_origins_and_of_no_other()
    {
        Learn("https://api.example/a/b", "one");
        Learn("https://api.example:8443/a", "two");

        Find("https://api.example/c").ShouldBe("one");
        Find("https://api.example").ShouldBe("one");
        Find("https://api.example:8443/").ShouldBe("two");
        Find("http://api.example/a").ShouldBeNull();
        Learn("https://api.example/", "three");
        Find("https://api.example/a").ShouldBe("three");
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("with\"quote")]
    [InlineData("with\\backslash")]
    [InlineData("with-ü")]
    public void What_is_no_nonce_is_not_taken_for_one(string value)
    {
        Learn("https://api.example/", value);
        Find("https://api.example/").ShouldBeNull();
    }

    [Fact]
    public void Neither_a_long_one_nor_many_take_memory()
    {
        Learn("https://api.example/", new string('x', ProofNonces.MaxLength + 1));
        Find("https://api.example/").ShouldBeNull();
        for (var number = 0; number <= ProofNonces.MaxOrigins; number++) { Learn($"https://api{number}.example/", "x"); }
        Find("https://api0.example/").ShouldBeNull();
        Find($"https://api{ProofNonces.MaxOrigins}.example/").ShouldBe("x");
    }

    [Fact]
    public void A_response_is_answered_with_its_own_nonce_whatever_others_said_meanwhile()
    {
        Learn("https://api.example/", "one").ShouldBe("one");
        Learn("https://api.example/", "two").ShouldBe("two");
        Learn("https://api.example/", "two").ShouldBe("two");
        Learn("https://api.example/", "no nonce").ShouldBeNull();
        using var silent = new HttpResponseMessage();
        _nonces.Learn(new Uri("https://api.example/"), silent).ShouldBeNull();
        Find("https://api.example/").ShouldBe("two");
    }

    private string? Find(string target) => _nonces.Find(new Uri(target));

    private string? Learn(string target, string nonce)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("DPoP-Nonce", nonce);
        return _nonces.Learn(new Uri(target), response);
    }
}

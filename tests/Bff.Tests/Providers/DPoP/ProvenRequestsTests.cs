using System.Buffers.Text;
using System.Text.Json;
using Bff.Providers.DPoP;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Providers.DPoP;

[Trait("Standard", "RFC9449-3"), Trait("Standard", "RFC9449-4")]
public sealed class ProvenRequestsTests
{
    private static readonly ProofKey Key = ProofKey.New();

    private readonly ProvenRequests _requests = new(new FakeTimeProvider());

    [Fact]
    public void A_repeat_has_the_nonce_of_its_own_challenge_and_a_first_attempt_the_last_one_of_all()
    {
        var own = Learn("https://api.example/a", "own");
        Learn("https://api.example/b", "of-another-call");

        NonceIn(Request("https://api.example/a"), challenge: own).ShouldBe("own");
        NonceIn(Request("https://api.example/a"), challenge: null).ShouldBe("of-another-call");
    }

    [Fact]
    public void A_server_is_where_the_request_goes_and_not_the_name_it_is_told()
    {
        Learn("https://10.0.0.1/", "one");
        using var other = Request("https://10.0.0.2/");
        other.Headers.Host = "10.0.0.1";

        NonceIn(other, challenge: null).ShouldBeNull();
    }

    [Fact]
    public void There_is_one_proof_whatever_was_there_before()
    {
        using var request = Request("https://api.example/");
        request.Headers.TryAddWithoutValidation("DPoP", "planted");
        NonceIn(request, challenge: null).ShouldBeNull();
        NonceIn(request, challenge: "two").ShouldBe("two");
    }

    private static HttpRequestMessage Request(string address) => new(HttpMethod.Get, address);

    private string? Learn(string address, string nonce)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("DPoP-Nonce", nonce);
        return _requests.Learn(new Uri(address), response);
    }

    private string? NonceIn(HttpRequestMessage request, string? challenge)
    {
        var said = _requests.Prove(request, Key, challenge);
        var proof = request.Headers.GetValues("DPoP").ShouldHaveSingleItem();
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(proof.Split('.')[1]));
        (claims.RootElement.TryGetProperty("nonce", out var nonce) ? nonce.GetString() : null).ShouldBe(said);
        return said;
    }
}

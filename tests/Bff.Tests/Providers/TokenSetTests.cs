using System.Text.Json;
using Bff.Providers;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Tests.Providers;

public class TokenSetTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Assumed = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("3600", 3600)]
    [InlineData("3600.0", 3600)]
    [InlineData("5", 5)]
    [InlineData("2592000", 2592000)]
    [InlineData(null, 300)]
    [InlineData("", 300)]
    [InlineData("0", 300)]
    [InlineData("-1", 300)]
    [InlineData("0.5", 300)]
    [InlineData("soon", 300)]
    [InlineData("NaN", 300)]
    [InlineData("9223372036854775807", 365 * 86400)]
    [InlineData("1e400", 365 * 86400)]
    [Trait("Standard", "RP-17")]
    public void Expires_in_is_seconds_however_the_provider_writes_them(string? given, double seconds) =>
        TokenSet.ReadLifetime(given, Assumed).TotalSeconds.ShouldBe(seconds);

    [Fact]
    public void Tokens_survive_the_way_through_authentication_properties()
    {
        var tokens = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1), Now.AddHours(1));
        var properties = new AuthenticationProperties();
        tokens.StoreIn(properties);
        TokenSet.ReadFrom(properties, Now.AddHours(1), Assumed).ShouldBe(tokens);
        properties.GetTokenValue("access_token").ShouldBe("access");
        properties.GetTokenValue("expires_at").ShouldBe("2030-01-01T12:01:00.0000000+00:00");
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public void The_key_of_bound_tokens_goes_wherever_they_go()
    {
        var key = Bff.Providers.DPoP.ProofKey.New();
        var tokens = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1), ProofKey: key.Text);
        tokens.Authorization.ShouldBe("DPoP access");
        (tokens with { AccessToken = "next" }).Authorization.ShouldBe("DPoP next");
        tokens.AccessToken.ShouldBe("access");

        var properties = new AuthenticationProperties();
        tokens.StoreIn(properties);
        properties.GetTokenValue("token_type").ShouldBe("DPoP");
        TokenSet.ReadFrom(properties, Now, Assumed).ShouldBe(tokens);
        tokens.ForCalls().Key.ShouldBe(key);
        tokens.CompletedFrom(null).Key.ShouldBe(key);
        Json(tokens).ShouldContain(key.Text);
        System.Text.Json.JsonSerializer.Deserialize<TokenSet>(Json(tokens)).ShouldBe(tokens);
        tokens.ToString().ShouldNotContain(key.Text);
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public void A_refresh_token_may_have_a_key_beside_a_bearer_token()
    {
        var key = Bff.Providers.DPoP.ProofKey.New();
        var tokens = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1)).Rotated("next", null, key);
        (tokens.Authorization, tokens.AccessToken, tokens.RefreshToken, tokens.Key, tokens.IsBound).ShouldBe(("Bearer access", "access", "next", key, false));
        System.Text.Json.JsonSerializer.Deserialize<TokenSet>(Json(tokens)).ShouldBe(tokens);
        tokens.ForCalls().Authorization.ShouldBe("Bearer access");
        var properties = new AuthenticationProperties();
        tokens.StoreIn(properties);
        TokenSet.ReadFrom(properties, Now, Assumed).ShouldBe(tokens);
    }

    [Fact]
    [Trait("Standard", "RFC9449-5")]
    public void Tokens_of_another_key_than_the_refresh_token_that_stays_are_not_taken()
    {
        var (one, two) = (Bff.Providers.DPoP.ProofKey.New().Text, Bff.Providers.DPoP.ProofKey.New().Text);
        var old = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1), ProofKey: two);
        var brought = new TokenSet("brought", null, "id", "openid", Now, Now.AddMinutes(1), ProofKey: one);

        brought.CompletedFrom(old).ShouldBe(old);
        (brought with { RefreshToken = "own" }).CompletedFrom(old).RefreshToken.ShouldBe("own");
        brought.CompletedFrom(old with { RefreshToken = null }).AccessToken.ShouldBe("brought");
        brought.CompletedFrom(new TokenSet("access", "refresh", "id", "openid", Now, Now)).AccessToken.ShouldBe("brought", "what has no key is bound to none");
    }

    [Fact]
    public void Bearer_tokens_are_stored_as_before_there_were_others()
    {
        var tokens = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1));
        Json(tokens).ShouldNotContain("ProofKey");
        System.Text.Json.JsonSerializer.Deserialize<TokenSet>(Json(tokens)).ShouldBe(tokens);
    }

    [Fact]
    public void Tokens_of_APIs_are_stored_beside_the_others_and_a_set_without_any_is_as_it_was_before_there_were_some()
    {
        var tokens = new TokenSet("access", "refresh", "id", "openid", Now, Now.AddMinutes(1));
        Json(tokens).ShouldNotContain("ApiTokens");
        var token = new ApiToken(new("orders"), "Bearer secret-1", Now, Now.AddMinutes(1), Now);
        var failed = ApiToken.None(new("billing"), Now).Failed(ApiTokenFault.Client, "invalid_target", Now);

        var read = JsonSerializer.Deserialize<TokenSet>(Json(tokens.With(token).With(failed)))!;

        read.ApiTokens.ShouldBe([token, failed]);
        (read with { ApiTokens = null }).ShouldBe(tokens, "what an older node makes of it");
        read.With(token with { Count = 2 }).ApiTokens!.Count.ShouldBe(2, "in the place of the first");
        read.Without(known => !known.HasToken).ApiTokens.ShouldBe([token]);
        $"{token} {read}".ShouldNotContain("secret");
    }

    private static string Json(TokenSet tokens) => System.Text.Json.JsonSerializer.Serialize(tokens);

    [Fact]
    public void A_foreign_sign_in_without_expiry_gets_the_assumed_lifetime()
    {
        var properties = new AuthenticationProperties();
        properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = "a" }]);
        TokenSet.ReadFrom(properties, Now, Assumed).ExpiresAt.ShouldBe(Now + Assumed);
    }

    [Fact]
    public void A_token_set_prints_no_token() =>
        new TokenSet("secret-a", "secret-r", "secret-i", null, Now, Now).ToString().ShouldNotContain("secret");

    [Fact]
    public void An_access_token_is_its_header_and_is_stored_once()
    {
        var tokens = new TokenSet("secret-1", "refresh", "id", "openid", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(5));
        (tokens.AccessToken, tokens.Authorization).ShouldBe(("secret-1", "Bearer secret-1"));
        var next = tokens with { AccessToken = "secret-2" };
        (next.AccessToken, next.Authorization).ShouldBe(("secret-2", "Bearer secret-2"));
        (next with { AccessToken = "secret-1" }).ShouldBe(tokens);

        var stored = JsonSerializer.Serialize(tokens);
        stored.Split("secret-1").Length.ShouldBe(2);
        JsonSerializer.Deserialize<TokenSet>(stored).ShouldBe(tokens);
    }
}

using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

/// <summary>What every store promises of tokens that are our clients' own.</summary>
public abstract class ClientTokenStoreContract : StoreContract
{
    private static readonly DateTimeOffset ForgetAt = Now.AddMinutes(10);

    private readonly string _id = $"token-{Guid.NewGuid():N}";

    private IClientTokenStore ClientTokens => field ??= StoreOf(new SessionClient());

    [Fact]
    public async Task One_of_many_claims_it_and_the_others_read_what_came()
    {
        (await ClientTokens.FindClientTokenAsync(_id, default)).ShouldBeNull();
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => ClaimAsync(0, $"owner-{number}"))));
        var owner = $"owner-{Array.IndexOf(claims, true)}";
        claims.Count(isClaimed => isClaimed).ShouldBe(1);
        (await ClientTokens.FindClientTokenAsync(_id, default))?.Tokens.ShouldBeNull();

        (await CompleteAsync("somebody else", Tokens("wrong"))).ShouldBeFalse();
        (await CompleteAsync(owner, Tokens("first") with { RefreshToken = null })).ShouldBeTrue();

        (await ClientTokens.FindClientTokenAsync(_id, default)).ShouldBe(new(Tokens("first") with { RefreshToken = null }, 1));
        (await CompleteAsync(owner, Tokens("again"))).ShouldBeFalse("the claim is given back");
    }

    [Fact]
    public async Task Who_has_not_seen_the_newest_claims_nothing()
    {
        await ClaimAsync(0, "one");
        await CompleteAsync("one", Tokens("first"));

        (await ClaimAsync(0, "late")).ShouldBeFalse();
        (await ClaimAsync(1, "two")).ShouldBeTrue();
        await CompleteAsync("two", Tokens("second"));
        (await ClientTokens.FindClientTokenAsync(_id, default))!.Version.ShouldBe(2);
        (await ClaimAsync(1, "late")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_claim_that_is_given_back_or_runs_out_is_free_and_who_lost_it_writes_nothing()
    {
        await ClaimAsync(0, "fails");
        (await ClientTokens.CompleteClientTokenAsync(_id, "fails", tokens: null, ForgetAt, default)).ShouldBeTrue();
        (await ClaimAsync(0, "dies")).ShouldBeTrue();
        (await ClaimAsync(0, "waits")).ShouldBeFalse();
        (await ClaimAsync(0, "takes over", LeaseEnd.AddMilliseconds(1))).ShouldBeTrue();
        (await CompleteAsync("dies", Tokens("late"))).ShouldBeFalse();
        (await CompleteAsync("takes over", Tokens("first"))).ShouldBeTrue();
        (await ClientTokens.FindClientTokenAsync(_id, default))!.Tokens!.AccessToken.ShouldBe("first-access");
    }

    private Task<bool> ClaimAsync(long version, string owner, DateTimeOffset? at = null) =>
        ClientTokens.ClaimClientTokenAsync(_id, version, at ?? Now, owner, (at ?? Now) + (LeaseEnd - Now), default);

    private Task<bool> CompleteAsync(string owner, Bff.Providers.TokenSet tokens) =>
        ClientTokens.CompleteClientTokenAsync(_id, owner, tokens, ForgetAt, default);
}

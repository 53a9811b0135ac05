using System.Security.Claims;
using Bff.Forwarding.PassThrough;
using Bff.Providers.Metadata;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Forwarding.PassThrough;

public class KnownTokensTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static readonly TokenPlace Here = new("here", IsProvider: false);

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly KnownTokens _known;

    public KnownTokensTests() => _known = new(_clock);

    [Fact]
    public void A_token_is_known_for_five_minutes_or_until_it_ends()
    {
        _known.Keep("long", Here, Token(Now.AddHours(1)));
        _known.Keep("short", Here, Token(Now.AddMinutes(1)));
        _clock.Advance(TimeSpan.FromMinutes(2));
        (_known.Find("long", Here) is null, _known.Find("short", Here) is null, _known.Find("other", Here) is null).ShouldBe((false, true, true));
        _clock.Advance(TimeSpan.FromMinutes(3));
        _known.Find("long", Here).ShouldBeNull();
    }

    [Fact]
    public void What_was_found_of_a_token_in_one_place_says_nothing_of_it_in_another()
    {
        TokenPlace[] places = [Here, new("there", IsProvider: false), new("here", IsProvider: true), new("", IsProvider: false)];
        var tokens = places.Select(_ => Token(Now.AddHours(1))).ToList();
        foreach (var (place, token) in places.Zip(tokens)) { _known.Keep("text", place, token); }

        places.Select(place => _known.Find("text", place)).ShouldBe(tokens);
    }

    [Theory]
    [InlineData(10, KnownTokens.MaxKept)]
    [InlineData(16 * 1024, KnownTokens.MaxText / (16 * 1024))]
    public void There_is_room_for_so_many_and_what_is_over_makes_room_before_all_has_to(int length, int room)
    {
        for (var i = 0; i < room; i++) { Keep(i, i < room / 2 ? Now.AddMinutes(1) : Now.AddHours(1)); }
        IsKnown(0).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromMinutes(2));

        Keep(room, Now.AddHours(1));
        (IsKnown(0), IsKnown(room / 2), IsKnown(room)).ShouldBe((false, true, true));
        for (var i = room + 1; i < room + (room / 2); i++) { Keep(i, Now.AddHours(1)); }
        Keep(0, Now.AddHours(1));
        (IsKnown(room / 2), IsKnown(0)).ShouldBe((false, true), "all of them are good: none is older than another");

        void Keep(int number, DateTimeOffset end) => _known.Keep(Text(number), Here, Token(end));

        bool IsKnown(int number) => _known.Find(Text(number), Here) is not null;

        string Text(int number) => $"{number}".PadLeft(length, '0');
    }

    private static AccessToken Token(DateTimeOffset end) => new()
    {
        Provider = "default", User = new ClaimsPrincipal(), Audiences = [], ExpiresAt = end, IsOfSameKeys = () => true,
    };
}

using System.Reflection;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

public sealed class SessionCopyTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_copy_has_all_of_a_session_but_its_refresh_token_and_ID_token()
    {
        var session = Full();

        var copy = new SessionCopy(session, Now, epoch: 0).Unpack();

        Equal(copy, session, except: [nameof(Session.Tokens), nameof(Session.Claims)]);
        copy.Claims.ShouldBe(session.Claims);
        Equal(copy.Tokens!, session.Tokens!, except: [nameof(TokenSet.RefreshToken), nameof(TokenSet.IdToken), nameof(TokenSet.StoreHasRefreshToken)]);
        (copy.Tokens!.RefreshToken, copy.Tokens.IdToken).ShouldBe((null, null));
    }

    [Fact]
    public void What_a_session_lacks_its_copy_lacks_too()
    {
        var session = Full() with
        {
            Claims = [], SessionState = null, DueAt = null, Failures = 0, FailingSince = null, LastError = null,
            Tokens = new TokenSet("a", null, null, null, Now, Now.AddMinutes(5)),
        };

        var copy = new SessionCopy(session, Now, epoch: 0).Unpack();

        Equal(copy, session, except: [nameof(Session.Tokens), nameof(Session.Claims)]);
        copy.Claims.ShouldBeEmpty();
        copy.CanRenew.ShouldBeFalse();
    }

    [Fact]
    public void A_copy_has_the_tokens_of_all_APIs()
    {
        ApiToken[] tokens =
        [
            new(new("orders", null, "read write"), "DPoP one", Now, Now.AddMinutes(1), Now.AddMinutes(2), Count: 7),
            ApiToken.None(new(null, "https://billing.example.com", null, IsExchanged: true), Now)
                .Failed(ApiTokenFault.User, "access_denied", Now.AddMinutes(3)),
        ];
        var session = Full() with { Tokens = Full().Tokens! with { ApiTokens = tokens } };

        var copy = new SessionCopy(session, Now, epoch: 0).Unpack();

        copy.Tokens!.ApiTokens.ShouldBe(tokens);
        copy.Claims.ShouldBe(session.Claims);
        copy.Tokens.Find(new("orders", null, "read write")).ShouldBe(tokens[0]);
        copy.Tokens.Find(new("orders")).ShouldBeNull();
    }

    [Fact]
    public void Whoever_reads_it_first_finds_what_all_others_find()
    {
        var copy = new SessionCopy(Full(), Now, epoch: 0);
        copy.Unpacked.ShouldBeNull("one that is used once is not worth the memory");
        var first = copy.Unpack();
        copy.Unpacked.ShouldBeSameAs(first);

        copy.Fold();

        copy.Unpacked.ShouldBeNull();
        copy.Unpack().Tokens.ShouldBe(first.Tokens);
    }

    [Fact]
    public void The_tokens_of_a_copy_are_never_stored()
    {
        var protector = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        var copy = new SessionCopy(Full(), Now, epoch: 0).Unpack();

        Should.Throw<ArgumentException>(() => protector.Protect(copy.Id, copy.Tokens! with { RefreshToken = "another" }));
    }

    [Fact]
    public async Task The_longest_unread_give_way_when_there_are_as_many_as_may_be()
    {
        const int Max = 100;
        var clock = new FakeTimeProvider(Now);
        var copies = new SessionCopies(clock);
        var sessions = Enumerable.Range(0, Max + 20).Select(_ => Full()).ToList();
        foreach (var session in sessions[..Max]) { Keep(session); }
        copies.Count.ShouldBe(Max);
        await Eventually.HappensAsync(() => copies.Count < Max);
        copies.Find(sessions[0].Id).ShouldBeNull();
        copies.Find(sessions[Max - 1].Id).ShouldNotBeNull();

        foreach (var session in sessions[Max..]) { Keep(session); }

        copies.Count.ShouldBeLessThanOrEqualTo(Max);

        void Keep(Session session)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            copies.Keep(new SessionCopy(session, clock.GetUtcNow(), epoch: 0), Max, TimeSpan.FromMinutes(5));
        }
    }

    [Fact]
    public async Task Those_of_no_use_any_longer_are_dropped_within_a_minute_of_the_next()
    {
        var clock = new FakeTimeProvider(Now);
        var copies = new SessionCopies(clock);
        var (old, young) = (Full(), Full());
        copies.Keep(new SessionCopy(old, clock.GetUtcNow(), epoch: 0), 1000, TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromMinutes(1));
        copies.Keep(new SessionCopy(young, clock.GetUtcNow(), epoch: 0), 1000, TimeSpan.FromSeconds(5));

        await Eventually.HappensAsync(() => copies.Count == 1);
        copies.Find(old.Id).ShouldBeNull();
        copies.Find(young.Id).ShouldNotBeNull();
    }

    private static void Equal<T>(T copy, T original, string[] except)
    {
        foreach (var property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => !except.Contains(property.Name)))
        {
            property.GetValue(copy).ShouldBe(property.GetValue(original), property.Name);
        }
    }

    /// <summary>Every property has a value of its own.</summary>
    private static Session Full() => new()
    {
        Id = SessionKey.New().Id, Sid = "sid", Subject = "alicé", Claims = [new("name", "Alice"), new("age", "7", "integer")], SessionState = "state",
        CreatedAt = Now.AddMinutes(-1), EndsAt = Now.AddHours(1), AbsoluteEndsAt = Now.AddHours(2), Version = 3, DueAt = Now.AddMinutes(2), Failures = 4,
        FailingSince = Now.AddMinutes(-3), LastError = "client:invalid_client", NotBefore = Now.AddMinutes(4), LeaseUntil = Now.AddMinutes(5),
        Tokens = new TokenSet("an access token", "a refresh token", "an ID token", "openid", Now.AddMinutes(-6), Now.AddMinutes(7), Now.AddMinutes(8),
            ProofKey: "a key"),
    };
}

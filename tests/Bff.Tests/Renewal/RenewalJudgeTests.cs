using Bff.Providers;
using Bff.Providers.TokenEndpoint;
using Bff.Renewal;
using Bff.Sessions;
using Microsoft.Extensions.Time.Testing;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Tests.Renewal;

public class RenewalJudgeTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly RenewalJudge _judge;

    public RenewalJudgeTests()
    {
        var options = FixedOptions.Of(new RenewalOptions());
        _judge = new RenewalJudge(new RenewalPolicy(options, _clock), options, _clock);
    }

    [Fact]
    public void Only_a_grant_that_is_over_or_a_second_refusal_after_the_tokens_end_ends_a_session()
    {
        RefreshOutcome[] others =
        [
            new Refused("login_required"), new Unavailable("http_503"), new Misconfigured("invalid_client"), new Misconfigured("token_type", MayPass: true),
            new Unreadable(), new RefreshTokenExpired(), new Renewed(Session().Tokens!),
        ];
        Ends(Session(), new Rejected("invalid_grant")).ShouldBeTrue();
        others.ShouldAllBe(outcome => !Ends(Session(), outcome));

        var overdue = Session() with { Failures = 1, LastError = $"{new RenewalFailure(RenewalFailureKind.SignInOverdue, "login_required")}" };
        Ends(overdue, new Refused("login_required")).ShouldBeFalse("its token serves still");
        _clock.Advance(TimeSpan.FromMinutes(5));
        Ends(Session(), new Refused("login_required")).ShouldBeFalse("the first refusal since its token's end");
        Ends(overdue, new Refused("login_required")).ShouldBeTrue();
        others.Skip(1).ShouldAllBe(outcome => !Ends(overdue, outcome));
    }

    [Fact]
    public void A_refresh_token_that_came_with_a_useless_response_is_kept_with_the_failure()
    {
        var again = _judge.Decide(
            Session(), new Unavailable("keys") { RotatedRefreshToken = "r2" }, onDemand: false).ShouldBeOfType<RenewalDecision.TryAgain>();
        again.Rotated!.RefreshToken.ShouldBe("r2");
        again.Rotated.AccessToken.ShouldBe(Session().Tokens!.AccessToken);
        again.NotBefore.ShouldBeGreaterThan(Now);
    }

    [Fact]
    public void Who_waited_for_the_store_too_is_told_what_is_left_of_the_pause()
    {
        var again = _judge.Decide(Session(), new Unavailable("http_503", RetryAfter: TimeSpan.FromSeconds(30)), onDemand: true);
        var pause = again.ResultAt(Now).ShouldBeOfType<RenewalResult.Unreachable>().RetryAfter;
        pause.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        again.ResultAt(Now.AddSeconds(20)).ShouldBe(new RenewalResult.Unreachable(pause - TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Tokens_of_a_silent_sign_in_are_renewed_as_soon_as_those_of_any_sign_in()
    {
        var session = Session() with { Tokens = new TokenSet("a", "r", null, null, Now.AddMinutes(-5), Now) };
        var stale = new Renewed(new TokenSet("b", "s", null, null, Now, Now));
        _judge.DecideOnSignIn(session, stale).Session.DueAt.ShouldBe(Now.AddSeconds(2));
        ((RenewalDecision.Keep)_judge.Decide(session, stale, onDemand: false)).Session.DueAt.ShouldBe(Now.AddMinutes(1), "its pace is the background's own");
    }

    [Theory]
    [InlineData("consent_required", ApiTokenFault.User)]
    [InlineData("basic_action", ApiTokenFault.User)]
    [InlineData("invalid_rapt", ApiTokenFault.User)]
    [InlineData("invalid_request", ApiTokenFault.Client)]
    [InlineData("http_400", ApiTokenFault.Client)]
    public void What_the_provider_wants_of_the_user_before_it_gives_a_token_for_an_API_is_no_fault_of_the_application(string error, object fault)
    {
        var api = new ApiTarget("orders");
        var kept = _judge.Decide(Session(), new Refused(error), onDemand: true, api).ShouldBeOfType<RenewalDecision.Keep>();
        kept.Session.Tokens!.Find(api)!.Fault.ShouldBe((ApiTokenFault)fault);
    }

    private bool Ends(Session session, RefreshOutcome outcome) => _judge.Decide(session, outcome, onDemand: false) is RenewalDecision.End;

    private static Session Session() => new()
    {
        Id = new SessionId("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        Sid = "sid",
        Subject = "alice",
        Claims = [],
        CreatedAt = Now,
        EndsAt = Now.AddHours(1),
        AbsoluteEndsAt = Now.AddHours(1),
        Tokens = new TokenSet("a", "r", null, null, Now, Now.AddMinutes(5)),
    };
}

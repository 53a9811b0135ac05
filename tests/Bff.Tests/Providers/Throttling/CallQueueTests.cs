using Bff.Providers.Throttling;

namespace Bff.Tests.Providers.Throttling;

public sealed class CallQueueTests
{
    private readonly CallQueue _queue = new();

    [Fact]
    public void Kinds_come_in_their_order_and_within_one_who_came_first()
    {
        var background = _queue.Add(CallKind.BackgroundRenewal);
        var signIn = _queue.Add(CallKind.SignIn);
        var revocation = _queue.Add(CallKind.Revocation);
        var first = _queue.Add(CallKind.Renewal);
        var second = _queue.Add(CallKind.Renewal);
        Enumerable.Range(0, 5).Select(_ => _queue.TakeFirst(_ => true)).ShouldBe([first, second, signIn, revocation, background]);
        _queue.TakeFirst(_ => true).ShouldBeNull();
    }

    [Fact]
    public void A_kind_that_may_not_enter_holds_up_no_other()
    {
        _queue.Add(CallKind.SignIn);
        var background = _queue.Add(CallKind.BackgroundRenewal);
        _queue.TakeFirst(kind => kind != CallKind.SignIn).ShouldBe(background);
        _queue.Count(CallKind.SignIn).ShouldBe(1);
    }

    [Fact]
    public void Who_leaves_takes_no_room()
    {
        var gone = _queue.Add(CallKind.SignIn);
        var next = _queue.Add(CallKind.SignIn);
        _queue.Remove(gone);
        _queue.Remove(gone);
        _queue.Count(CallKind.SignIn).ShouldBe(1);
        _queue.TakeFirst(_ => true).ShouldBe(next);
        _queue.Remove(next);
    }

    [Fact]
    public void All_of_a_kind_can_be_sent_away()
    {
        _queue.Add(CallKind.SignIn);
        _queue.Add(CallKind.SignIn);
        _queue.Add(CallKind.Renewal);
        _queue.TakeAll(CallKind.SignIn).Count.ShouldBe(2);
        (_queue.Count(CallKind.SignIn), _queue.Count(CallKind.Renewal)).ShouldBe((0, 1));
    }
}

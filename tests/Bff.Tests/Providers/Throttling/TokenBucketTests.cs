using Bff.Providers.Throttling;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Providers.Throttling;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(5)]
    [InlineData(50)]
    [InlineData(1000)]
    public void No_second_sees_more_than_the_rate_and_in_the_long_run_it_lets_seven_tenths_of_it_through_at_least(double perSecond)
    {
        var bucket = new TokenBucket(_clock, () => perSecond);
        var taken = new List<int>();
        for (var step = 0; step < 1000; step++)
        {
            taken.Add(TakeAll(bucket));
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        for (var start = 0; start + 20 <= taken.Count; start++) { taken.Skip(start).Take(20).Sum().ShouldBeLessThanOrEqualTo((int)Math.Ceiling(perSecond)); }
        taken.Sum().ShouldBeGreaterThanOrEqualTo((int)(perSecond * 0.7 * 48));
    }

    [Fact]
    public void It_says_when_the_next_one_is_there()
    {
        var bucket = new TokenBucket(_clock, () => 100);
        bucket.UntilNext.ShouldBe(TimeSpan.Zero);
        TakeAll(bucket);
        var wait = bucket.UntilNext;
        wait.ShouldBeGreaterThan(TimeSpan.Zero);
        _clock.Advance(wait + TimeSpan.FromMilliseconds(1));
        bucket.HasOne.ShouldBeTrue();
    }

    [Fact]
    public void What_was_not_used_is_put_back_but_never_heaped_up()
    {
        var bucket = new TokenBucket(_clock, () => 100);
        var capacity = TakeAll(bucket);
        bucket.PutBack();
        bucket.HasOne.ShouldBeTrue();
        for (var unused = 0; unused < 100; unused++) { bucket.PutBack(); }
        TakeAll(bucket).ShouldBe(capacity);
    }

    private static int TakeAll(TokenBucket bucket)
    {
        var taken = 0;
        for (; bucket.HasOne; taken++) { bucket.Take(); }
        return taken;
    }
}

using Bff.Sessions.Store;

namespace Bff.Tests.Sessions;

public class SessionCountsTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Renewals_that_were_counted_a_while_ago_are_shown_at_the_time_they_come()
    {
        var outlook = new SessionCounts.Outlook(Now, [1, 2, 3], new SessionTrouble(0, 0, null));
        outlook.UpcomingFrom(Now.AddSeconds(9)).ShouldBe([1, 2, 3]);
        outlook.UpcomingFrom(Now.AddSeconds(25)).ShouldBe([3]);
        outlook.UpcomingFrom(Now.AddMinutes(-1)).ShouldBe([1, 2, 3], "the clock was set back");
    }
}

using Bff.Sessions;

namespace Bff.Tests.Sessions;

public sealed class EndReasonsTests
{
    [Fact]
    public void Only_what_an_administrator_ended_is_audited_as_an_administrators() =>
        EndReasons.All.Where(reason => EndReasons.EndedBy(reason) == Audit.By.Admin).ShouldBe([EndReasons.EndedByAdmin]);
}

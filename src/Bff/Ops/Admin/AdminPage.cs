namespace Bff.Ops.Admin;

/// <param name="Sessions">Newest first.</param>
/// <param name="Next">What <c>after</c> has to be for the next page; null on the last.</param>
internal sealed record AdminPage(IReadOnlyList<AdminView> Sessions, string? Next);

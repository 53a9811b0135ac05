namespace Bff.Sessions.Store.Sqlite;

/// <summary>What a restored store has of the backup's sessions.</summary>
/// <param name="Kept">Sessions that go on.</param>
/// <param name="Ended">Sessions left out: renewed or ended since, or possibly so.</param>
/// <param name="IsExact">The store that was replaced told which; otherwise it was judged by the time.</param>
internal sealed record RestoredSessions(long Kept, long Ended, bool IsExact);

using System.Globalization;

namespace Bff.Sessions.Store;

/// <summary>A change as nodes tell it each other: <c>id:due:ended</c>, without a space.</summary>
internal static class ChangeWord
{
    public static string Of(SessionChange change) => $"{change.Id.Value}:{change.DueAt?.ToUnixTimeMilliseconds()}:{change.Ended}";

    /// <returns>What another node wrote; null for what is none.</returns>
    public static SessionChange? Read(string word) => word.Split(':') is [var id, var dueAt, var ended]
        ? new(
            new SessionId(id),
            long.TryParse(dueAt, NumberStyles.None, CultureInfo.InvariantCulture, out var due) ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null,
            ended.Length > 0 ? ended : null,
            Remote: true)
        : null;
}

using Bff.Renewal;
using Bff.Sessions;

namespace Bff.Ops.Admin;

/// <summary>What an operator may know of a session: whose, since and until when, how its renewals go. Never a token, nor what could become one.</summary>
internal sealed record AdminView(
    string Handle,
    string Sub,
    string Name,
    string FrontEnd,
    string Provider,
    DateTimeOffset CreatedAt,
    DateTimeOffset EndsAt,
    DateTimeOffset AbsoluteEndsAt,
    DateTimeOffset? AccessTokenExpiresAt,
    DateTimeOffset? RenewsAt,
    string Renewal,
    long Renewals,
    int Failures,
    string? LastError,
    DateTimeOffset? OverdueSince,
    IReadOnlyList<ApiTokenView>? ApiTokens)
{
    /// <summary>The keys that sealed the tokens are gone, so nobody can use them, or tell what they were.</summary>
    private const string Unreadable = "unreadable";

    /// <param name="session">The session.</param>
    /// <param name="schedule">Knows when its renewal was due first.</param>
    /// <param name="lateBefore">What was due before this is overdue.</param>
    public static AdminView Of(Session session, RenewalPolicy schedule, DateTimeOffset lateBefore) => new(
        $"{session.Id}",
        session.Subject,
        session.DisplayName,
        session.FrontEnd,
        session.Provider,
        session.CreatedAt,
        session.EndsAt,
        session.AbsoluteEndsAt,
        session.Tokens?.ExpiresAt,
        session.DueAt,
        session.Tokens is null ? Unreadable : session.CanRenew ? SessionView.Background : SessionView.Silent,
        session.Version - 1,
        session.Failures,
        session.LastFailure?.Word,
        session.DueAt is { } due && (session.Failures > 0 || due <= lateBefore) ? FirstDueAt(session, schedule) ?? due : null,
        session.Tokens?.ApiTokens?.Select(ApiTokenView.Of).ToList());

    /// <summary>A failure moves the due time on; what it was before follows from the tokens.</summary>
    private static DateTimeOffset? FirstDueAt(Session session, RenewalPolicy schedule) =>
        session.Tokens is { } tokens ? schedule.DueAt(session.Id, tokens) : null;
}

using Bff.Sessions;

namespace Bff.Ops.Admin;

/// <summary>What an operator may know of a session: whose, since and until when, how its renewals go. Never a token, nor what could become one.</summary>
internal sealed record AdminView(
    string Handle,
    string Sub,
    string Name,
    DateTimeOffset CreatedAt,
    DateTimeOffset EndsAt,
    DateTimeOffset AbsoluteEndsAt,
    DateTimeOffset? AccessTokenExpiresAt,
    DateTimeOffset? RenewsAt,
    string Renewal,
    long Renewals,
    int Failures,
    string? LastError)
{
    /// <summary>The keys that sealed the tokens are gone, so nobody can use them, or tell what they were.</summary>
    private const string Unreadable = "unreadable";

    public static AdminView Of(Session session) => new(
        $"{session.Id}",
        session.Subject,
        session.DisplayName,
        session.CreatedAt,
        session.EndsAt,
        session.AbsoluteEndsAt,
        session.Tokens?.ExpiresAt,
        session.DueAt,
        session.Tokens is null ? Unreadable : session.CanRenew ? SessionView.Background : SessionView.Silent,
        session.Version - 1,
        session.Failures,
        session.LastFailure?.Word);
}

/// <param name="Sessions">Newest first.</param>
/// <param name="Next">What <c>after</c> has to be for the next page; null on the last.</param>
internal sealed record AdminPage(IReadOnlyList<AdminView> Sessions, string? Next);

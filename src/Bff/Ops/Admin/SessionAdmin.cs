using System.Diagnostics;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using static Bff.Renewal.RenewalResult;

namespace Bff.Ops.Admin;

/// <summary>Does to sessions what an operator asks for.</summary>
internal sealed class SessionAdmin(
    ISessionStore store, ISessionDirectory directory, Renewer renewer, RenewalPolicy schedule, AdminAudit audit, TimeProvider clock)
{
    private DateTimeOffset LateBefore => clock.GetUtcNow() - SessionCounts.LateAfter;

    public AdminView View(Session session) => AdminView.Of(session, schedule, LateBefore);

    /// <param name="filter">Which of them.</param>
    /// <param name="troubled">Only those whose renewal fails or is overdue.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="who">Asks.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    public async Task<IReadOnlyList<Session>> SearchAsync(
        SessionFilter filter, bool troubled, SessionPosition? after, int take, Operator who, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var found = troubled
            ? await directory.SearchTroubleAsync(filter, after, take, now, LateBefore, cancellationToken)
            : await directory.SearchAsync(filter, after, take, now, cancellationToken);
        audit.Searched(who, filter);
        return found;
    }

    public void Shown(Session session, Operator who) => audit.Shown(who, session);

    /// <summary>A living session; null when there is none of this handle.</summary>
    public async Task<Session?> FindAsync(string handle, CancellationToken cancellationToken) =>
        await directory.FindByHandleAsync(handle, cancellationToken) is { } session && session.EndsAt > clock.GetUtcNow() ? session : null;

    /// <returns>False when somebody else ended it meanwhile.</returns>
    public async Task<bool> EndAsync(Session session, Operator who)
    {
        if (await store.RemoveAsync(session.Id, version: null, EndReasons.EndedByAdmin, CancellationToken.None) is null) { return false; }
        audit.Ended(who, session);
        return true;
    }

    /// <param name="subject">The user's <c>sub</c>.</param>
    /// <param name="provider">Whose; null for everybody whom any provider calls so.</param>
    /// <param name="who">Asks.</param>
    /// <returns>What was ended.</returns>
    public async Task<IReadOnlyList<Session>> EndAllAsync(string subject, string? provider, Operator who)
    {
        var ended = await directory.RemoveUserAsync(subject, provider, EndReasons.EndedByAdmin, CancellationToken.None);
        audit.EndedAll(who, subject, provider, ended.Count);
        return ended;
    }

    public async Task<RenewalResult> RenewAsync(Session session, Operator who, CancellationToken cancellationToken)
    {
        var result = await renewer.RenewNowAsync(session, cancellationToken);
        audit.Renewed(who, session, Outcome(session, result));
        return result;
    }

    /// <summary>What came of a renewal, in a word. <c>fresh</c>: it had been renewed a moment ago.</summary>
    public static string Outcome(Session before, RenewalResult result) => result switch
    {
        Usable now => now.Session.Version > before.Version ? "renewed" : "fresh",
        Ended => "session_ended",
        NotRenewable => "renewal_not_possible",
        SignInNeeded => "login_required",
        ClientRefused => "provider_refuses_client",
        StoreUnavailable => "store_unavailable",
        Unreachable => "provider_unavailable",
        _ => throw new UnreachableException(),
    };
}

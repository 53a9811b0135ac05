using System.Diagnostics;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using static Bff.Renewal.RenewalResult;

namespace Bff.Ops.Admin;

/// <summary><c>/sessions</c> on the ops port.</summary>
internal static class SessionsEndpoint
{
    private const int DefaultPage = 50, MaxPage = 500;

    public static async Task<IResult> Search(
        HttpContext context, SessionAdmin admin, ProviderNames providers, FrontEndSet frontEnds, string? user = null, string? frontEnd = null,
        string? provider = null, string? after = null, int take = DefaultPage, bool troubled = false)
    {
        if (take is < 1 or > MaxPage) { return Invalid("invalid_take", $"'take' must be between 1 and {MaxPage}."); }
        if (user is not null && !CanBeStored(user)) { return InvalidUser; }
        if (Said(frontEnd) is { } named && frontEnds.Find(named) is null) { return UnknownFrontEnd(frontEnds); }
        if (IsUnknown(provider, providers)) { return UnknownProvider(providers); }
        SessionPosition? position = null;
        if (!string.IsNullOrEmpty(after) && !SessionPosition.TryParse(after, out position))
        {
            return Invalid("invalid_after", "'after' must be the 'next' of the previous page.");
        }

        var found = await admin.SearchAsync(new(user, Said(frontEnd), Said(provider)), troubled, position, take, Operator.Of(context), context.RequestAborted);
        return Results.Ok(new AdminPage([.. found.Select(admin.View)], found.Count == take ? $"{SessionPosition.Of(found[^1])}" : null));
    }

    public static async Task<IResult> Show(string handle, HttpContext context, SessionAdmin admin)
    {
        if (await FindAsync(handle, admin, context.RequestAborted) is not { } session) { return NotFound; }
        admin.Shown(session, Operator.Of(context));
        return Results.Ok(admin.View(session));
    }

    public static async Task<IResult> End(string handle, HttpContext context, SessionAdmin admin) =>
        await FindAsync(handle, admin, CancellationToken.None) is { } session && await admin.EndAsync(session, Operator.Of(context))
            ? Results.Ok(new { Ended = 1 }) : NotFound;

    /// <summary>
    /// The whole subject and nothing but: what a search finds is not always one user's. A subject is one user's at one provider; without a provider it is
    /// everybody's whom any of ours calls so, and the response says how many of each.
    /// </summary>
    public static async Task<IResult> EndAllOfUser(
        HttpContext context, SessionAdmin admin, ProviderNames providers, string? user = null, string? provider = null)
    {
        if (string.IsNullOrEmpty(user) || !CanBeStored(user)) { return InvalidUser; }
        if (IsUnknown(provider, providers)) { return UnknownProvider(providers); }
        var ended = await admin.EndAllAsync(user, Said(provider), Operator.Of(context));
        return Results.Ok(new
        {
            Ended = ended.Count,
            EndedByProvider = providers.All.Count == 1 ? null : ended.CountBy(session => session.Provider).ToDictionary(),
        });
    }

    public static async Task<IResult> Renew(string handle, HttpContext context, SessionAdmin admin)
    {
        if (await FindAsync(handle, admin, context.RequestAborted) is not { } session) { return NotFound; }
        var result = await admin.RenewAsync(session, Operator.Of(context), context.RequestAborted);
        return result switch
        {
            Usable now => Results.Ok(new { Outcome = SessionAdmin.Outcome(session, now), Session = admin.View(now.Session) }),
            Ended => new Problem(StatusCodes.Status409Conflict, "session_ended", "The session is over.", "The provider no longer renews it."),
            NotRenewable =>
                new Problem(
                    StatusCodes.Status409Conflict,
                    "renewal_not_possible",
                    "This session has no refresh token.",
                    "Its page renews it, through the silent page."),
            SignInNeeded => RenewalProblems.SignInNeeded with { Status = StatusCodes.Status409Conflict, Detail = "Its page signs in again." },
            ClientRefused refused => RenewalProblems.ProviderRefusesClient(refused.RetryAfter) with
            {
                Detail = $"The session continues; check {ClientRegistration.SectionOf(session.Provider)} and the client's registration.",
            },
            StoreUnavailable => SessionStoreException.Problem,
            Unreachable down =>
                RenewalProblems.ProviderUnavailable(down.RetryAfter) with { Detail = "The session continues, and is renewed as soon as the provider "
                    + "responds." },
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<Session?> FindAsync(string handle, SessionAdmin admin, CancellationToken cancellationToken) =>
        SessionId.IsHandle(handle) ? await admin.FindAsync(handle, cancellationToken) : null;

    /// <summary>A provider may name its users as it likes, and each can be found and signed out. PostgreSQL alone knows no NUL.</summary>
    private static bool CanBeStored(string subject) => !subject.Contains('\0', StringComparison.Ordinal);

    private static Problem NotFound => new(StatusCodes.Status404NotFound, "session_not_found", "No such session.", "It may have ended in the meantime.");

    /// <summary>A form that leaves it empty means all.</summary>
    private static string? Said(string? word) => string.IsNullOrEmpty(word) ? null : word;

    private static bool IsUnknown(string? provider, ProviderNames providers) =>
        Said(provider) is { } said && !providers.All.Contains(said, StringComparer.Ordinal);

    private static Problem UnknownProvider(ProviderNames providers) => new(
        StatusCodes.Status400BadRequest, "unknown_provider", "There is no provider of this name.", $"There are: {string.Join(", ", providers.All)}.");

    private static Problem UnknownFrontEnd(FrontEndSet frontEnds) => new(
        StatusCodes.Status400BadRequest, "unknown_front_end", "There is no front end of this name.",
        $"There are: {string.Join(", ", frontEnds.All.Select(one => one.Name))}.");

    private static Problem InvalidUser => Invalid("invalid_user", "'user' must be the subject of a user.");

    private static Problem Invalid(string code, string title) => new(StatusCodes.Status400BadRequest, code, title);
}

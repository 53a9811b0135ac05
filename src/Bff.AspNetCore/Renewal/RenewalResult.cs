using Bff.Providers;
using Bff.Sessions;

namespace Bff.Renewal;

/// <summary>What a caller that needs a token is told.</summary>
internal abstract record RenewalResult
{
    /// <summary>What a session whose last renewal failed is told until the next try.</summary>
    public static RenewalResult OfFailure(Session session, DateTimeOffset now) => OfFailure(session.LastFailure, session.NotBefore - now);

    public static RenewalResult OfFailure(RenewalFailure? failure, TimeSpan retryAfter) => failure switch
    {
        { NeedsSignIn: true } => new SignInNeeded(),
        { Kind: RenewalFailureKind.ClientRefused } => new ClientRefused(retryAfter),
        _ => new Unreachable(retryAfter),
    };

    /// <summary>What is said of a token for an API that could not be got, until the next try.</summary>
    public static RenewalResult OfFailure(ApiToken failed, DateTimeOffset now) => failed.Fault switch
    {
        ApiTokenFault.User => new ApiRefused(failed.Error ?? "", IsOfUser: true),
        ApiTokenFault.Client => new ApiRefused(failed.Error ?? "", IsOfUser: false),
        _ => new Unreachable(RenewalPolicy.RetryAt(failed, onDemand: true) - now),
    };

    /// <summary>A session's token for an API, which may be sent.</summary>
    internal sealed record UsableApi(Session Session, ApiToken Token) : RenewalResult;

    /// <summary>The provider gives no token for this API; the session and its other tokens are as good as before.</summary>
    /// <param name="Error">The provider's word.</param>
    /// <param name="IsOfUser">It is about the user: another one may get one.</param>
    internal sealed record ApiRefused(string Error, bool IsOfUser) : RenewalResult;

    /// <summary>A session whose access token may be sent.</summary>
    internal sealed record Usable(Session Session) : RenewalResult;

    /// <summary>The session is over; the user must sign in again.</summary>
    /// <param name="Reason">The timeout that ended it, while its row is still there to say so; null when the store has to be asked.</param>
    internal sealed record Ended(string? Reason = null) : RenewalResult;

    /// <summary>The session has no refresh token (any more) and its access token is too old: the page renews through the silent page.</summary>
    internal sealed record NotRenewable : RenewalResult;

    /// <summary>The provider does not renew this session without the user: a silent sign-in may do, else the page signs in.</summary>
    internal sealed record SignInNeeded : RenewalResult;

    /// <summary>No usable token now, by our configuration's fault; the session lives on.</summary>
    internal sealed record ClientRefused(TimeSpan RetryAfter) : RenewalResult;

    /// <summary>No usable token now, by our store's fault; the session lives on.</summary>
    internal sealed record StoreUnavailable : RenewalResult;

    /// <summary>No usable token now, by the provider's fault or the network's; the session lives on.</summary>
    internal sealed record Unreachable(TimeSpan RetryAfter) : RenewalResult;
}

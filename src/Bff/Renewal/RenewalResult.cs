using Bff.Sessions;

namespace Bff.Renewal;

/// <summary>What somebody who needs a token learns.</summary>
internal abstract record RenewalResult;

/// <summary>A session whose access token may be sent.</summary>
internal sealed record Usable(Session Session) : RenewalResult;

/// <summary>The session is over; the user must sign in again.</summary>
internal sealed record Ended : RenewalResult;

/// <summary>The session has no refresh token and its access token is too old: the page renews through the silent page.</summary>
internal sealed record NotRenewable : RenewalResult;

/// <summary>No usable token now; the session lives on.</summary>
internal sealed record Unreachable(TimeSpan RetryAfter) : RenewalResult;

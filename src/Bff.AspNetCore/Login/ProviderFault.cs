using Bff.Providers;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>Why a sign-in failed at the provider, and what its user is told.</summary>
internal static class ProviderFault
{
    /// <summary>The page's word for a provider that does not respond.</summary>
    public const string Unavailable = "idp_unavailable";

    /// <summary>Unreachable, or responding to a call of the sign-in with something else than was asked for.</summary>
    public static bool Is(Exception error) => error
        is ProviderUnavailableException or SignInCallException or HttpRequestException or TaskCanceledException or OpenIdConnectProtocolException
        || (error.InnerException is { } inner && Is(inner));

    /// <summary>What a fault of a call to the provider means: a word for the page, and a problem unless the page that asked can show the word itself.</summary>
    public static (string Word, Problem? Problem) Explain(Exception? error) => error switch
    {
        SignInCallException { Blame: Blame.User, Error: "invalid_grant" or "http_400" } => (SignInFailure.Failed, LoginProblems.SignInFailed),
        SignInCallException { Blame: Blame.User, Error: var asked } => (asked, null),
        SignInCallException { Blame: Blame.Client } => (SignInFailure.Failed, LoginProblems.ProviderRefusesUs),
        ProviderBusyException { IsOutage: false } busy => (Unavailable, LoginProblems.Busy with { RetryAfter = busy.RetryAfter }),
        ProviderBusyException left => (Unavailable, LoginProblems.ProviderUnavailable with { RetryAfter = left.RetryAfter }),
        { InnerException: { } inner } when error is not (ProviderUnavailableException or HttpRequestException) => Explain(inner),
        _ => (Unavailable, LoginProblems.ProviderUnavailable),
    };
}

using System.Diagnostics.Metrics;
using Bff.FrontEnds;

namespace Bff.Login;

/// <summary>Sign-ins that came to nothing (meter <c>Bff.Login</c>).</summary>
internal sealed class LoginMetrics : IDisposable
{
    public const string MeterName = "Bff.Login";

    private const string Yes = "true", No = "false";

    /// <summary>
    /// Errors of RFC 6749 section 4.1.2.1 and OpenID Connect Core 1.0 section 3.1.2.6. Others reach the page and the log, but not the metrics: anybody can make
    /// them up.
    /// </summary>
    private static readonly string[] WellKnown =
    [
        "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required", "server_error",
        SignInFailure.TemporarilyUnavailable, "invalid_request", "invalid_scope", "unauthorized_client", SignInFailure.Failed, FlowState.Unmet,
    ];

    private static readonly string[] Ours =
    [
        SignInFailure.InvalidState, "store_unavailable", "provider_unavailable", "busy", "provider_refuses_client", "foreign_page",
        SignInFailure.SignedOutMeanwhile, "too_many_sessions",
    ];

    private readonly Meter _meter;
    private readonly Audit _audit;
    private readonly CountedByPlace _failed;

    public LoginMetrics(IMeterFactory meters, SignInPlaces places, Audit audit)
    {
        _audit = audit;
        _meter = meters.Create(MeterName);
        _failed = new(
            _meter, places, "bff.sign_in.failures", "{sign_in}",
            "Sign-ins that failed, by front end, provider and cause; silent ones fail as a matter of course, with login_required.",
            ("cause", [.. WellKnown, .. Ours, CountedFromZero.Other]), ("silent", [Yes, No]));
    }

    public static bool IsWellKnown(string error) => WellKnown.Contains(error);

    /// <summary>An event of the audit stream, too, where somebody wanted to sign in.</summary>
    /// <param name="cause">A code of Bff's own responses or of the specifications, never what a request carried.</param>
    /// <param name="silent">A silent sign-in.</param>
    /// <param name="frontEnd">Where it was begun.</param>
    /// <param name="provider">Where it led, or would have.</param>
    public void Failed(string cause, bool silent, FrontEnd frontEnd, string provider)
    {
        _failed.Add(frontEnd.Name, provider, cause, silent ? Yes : No);
        if (!silent) { _audit.SignInFailed(cause, frontEnd.Name, provider); }
    }

    public void Dispose() => _meter.Dispose();
}

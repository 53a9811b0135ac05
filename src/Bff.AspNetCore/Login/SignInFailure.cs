using System.Text;
using System.Text.RegularExpressions;
using Bff.Providers.Metadata;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>Why a sign-in failed, for its user and for operators.</summary>
/// <param name="Code">A word for the page.</param>
/// <param name="Problem">A problem of our own; null when the page that asked can show the provider's error.</param>
/// <param name="Description">The provider's sentence, where there is no problem of our own.</param>
/// <param name="Cause">For the log.</param>
internal sealed partial record SignInFailure(string Code, Problem? Problem, string? Description, string Cause)
{
    public const string TemporarilyUnavailable = "temporarily_unavailable", InvalidState = "invalid_state", Failed = "sign_in_failed";

    public const string SignedOutMeanwhile = "signed_out_meanwhile";

    public const int MaxDescription = 200;

    /// <summary>The framework's own words where the provider gave none.</summary>
    private const string NoDescription = "error_description is null";

    public static SignInFailure Of(RemoteFailureContext context)
    {
        var (code, problem) = Explain(context);
        return new(PlainWord().IsMatch(code) ? code : Failed, problem, problem is null ? DescriptionOf(context.Failure) : null, CauseOf(context.Failure));
    }

    private static (string Code, Problem? Problem) Explain(RemoteFailureContext context)
    {
        if (SessionStoreException.In(context.Failure) is not null) { return (TemporarilyUnavailable, LoginProblems.StoreUnavailable); }
        if (context.Properties is null || context.Failure is { Message: "Correlation failed." }) { return (InvalidState, LoginProblems.InvalidState); }
        if (context.Failure is SignInRefusedException { Error: var refused })
        {
            return (refused, refused switch
            {
                FlowState.Unmet => null,
                InvalidState => LoginProblems.InvalidState,
                SignedOutMeanwhile => LoginProblems.SignedOutMeanwhile,
                _ => LoginProblems.SignInFailed,
            });
        }

        if (context.Failure is UserInfoException asked)
        {
            return asked.Fault == UserInfoFault.Unreachable
                ? (ProviderFault.Unavailable, LoginProblems.ProviderUnavailable)
                : (Failed, LoginProblems.SignInFailed);
        }

        if (SignInProgress.Of(context.HttpContext).IsRedeeming) { return ProviderFault.Explain(context.Failure); }
        if (context.Failure?.Data["error"] is string error) { return (error, null); }
        return context.Failure is { } failure && failure is not OpenIdConnectProtocolException && ProviderFault.Is(failure)
            ? (ProviderFault.Unavailable, LoginProblems.ProviderUnavailable)
            : (Failed, LoginProblems.SignInFailed);
    }

    /// <summary>RFC 6749 section 4.1.2.1; cut and without control characters.</summary>
    private static string? DescriptionOf(Exception? failure)
    {
        if (failure?.Data["error_description"] is not string { Length: > 0 } text || text == NoDescription) { return null; }
        var plain = string.Concat(text.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Take(MaxDescription));
        return plain.Length > 0 ? plain : null;
    }

    /// <summary>Never an exception's message: it may quote what it could not accept.</summary>
    public static string CauseOf(Exception? failure) => failure switch
    {
        SignInRefusedException or SignInCallException or UserInfoException => failure.Message,
        { } when failure.GetBaseException() is TokenRefusedException refused => refused.Message,
        { } when failure.Data["error"] is string => "the provider says so",
        _ => failure?.GetBaseException().GetType().Name ?? "unknown",
    };

    /// <summary>Errors beside the well-known ones keep their name when it is one.</summary>
    [GeneratedRegex("^[a-z0-9_.-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainWord();
}

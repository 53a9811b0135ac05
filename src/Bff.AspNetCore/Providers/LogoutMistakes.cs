using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>What is wrong with how users are signed out at the provider.</summary>
internal static class LogoutMistakes
{
    private const string Section = nameof(OidcOptions.Logout);

    /// <param name="logout">The settings.</param>
    /// <param name="sendIdTokenHint">The old word for one of them.</param>
    /// <param name="hasEndpoint">An end-session endpoint is configured, too.</param>
    public static IEnumerable<ValidationResult> Of(LogoutOptions logout, bool sendIdTokenHint, bool hasEndpoint)
    {
        var annotated = new List<ValidationResult>();
        Validator.TryValidateObject(logout, new ValidationContext(logout), annotated, validateAllProperties: true);
        foreach (var result in annotated)
        {
            yield return new(result.ErrorMessage, result.MemberNames.Select(name => $"{Section}:{name}"));
        }

        foreach (var name in logout.NotAllowed)
        {
            yield return new($"'{name}' is set by Bff alone.", [$"{Section}:{nameof(LogoutOptions.Parameters)}:{name}"]);
        }

        if (sendIdTokenHint && logout.IdTokenHint is not null)
        {
            yield return new(
                "is the old word for Logout:IdTokenHint=Always, which is given too (or comes from the Preset). Remove this one.",
                [nameof(OidcOptions.SendIdTokenHint)]);
        }

        const string address = $"{Section}:{nameof(LogoutOptions.Address)}";
        if (string.IsNullOrEmpty(logout.Address)) { yield break; }
        if (!AddressMistakes.IsWebAddress(logout.Address, query: true)) { yield return new("must be an absolute http(s) URL without fragment.", [address]); }
        if (hasEndpoint) { yield return new($"give either it or {nameof(OidcOptions.Endpoints)}:{EndpointNames.EndSession}, not both.", [address]); }
    }
}

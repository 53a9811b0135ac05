using System.Globalization;

namespace Bff.Login;

/// <summary>What a page may say to the provider through <c>/bff/login</c>: the parameters that <c>Bff:Oidc:AllowedLoginParameters</c> names, by the provider's names for them.</summary>
internal static class LoginParameters
{
    /// <summary>Where a challenge carries them; the authorization request takes them from there.</summary>
    public const string Key = "bff.login_parameters";

    /// <summary>Some providers' <c>login_hint</c> is a token of theirs.</summary>
    private const int MaxLength = 2000;

    private const string Prompt = "prompt", MaxAge = "max_age";

    /// <summary>Our own, and what a third party's link to begin a sign-in has besides a <c>login_hint</c> (OpenID Connect Core 1.0 section 4); they reach nobody.</summary>
    private static readonly string[] NotForTheProvider = ["returnUrl", LoginEndpoint.Again, "iss", "target_link_uri"];

    /// <summary>OpenID Connect Core 1.0 section 3.1.2.1, and Initiating User Registration 1.0.</summary>
    private static readonly string[] Prompts = ["none", "login", "consent", "select_account", "create"];

    /// <param name="query">Of the request.</param>
    /// <param name="allowed">Names that a page may set.</param>
    /// <param name="parameters">What to send to the provider: nothing that the page did not name.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static Problem? TryRead(IQueryCollection query, IReadOnlyCollection<string> allowed, out Dictionary<string, string> parameters)
    {
        parameters = new(StringComparer.Ordinal);
        foreach (var (name, values) in query)
        {
            if (NotForTheProvider.Contains(name, StringComparer.OrdinalIgnoreCase)) { continue; }
            if (!allowed.Contains(name, StringComparer.Ordinal)) { return NotAllowed(name, allowed); }
            if (values.Count > 1) { return Invalid(name, "It comes more than once."); }   // RFC 6749 section 3.1
            var value = values.ToString();
            if (value.Length == 0) { continue; }
            if (name == Prompt && !Prompts.Contains(value, StringComparer.Ordinal))
            {
                return new Problem(StatusCodes.Status400BadRequest, "invalid_prompt", "This prompt is not known.", $"Use {string.Join(", ", Prompts[..^1])} or {Prompts[^1]}.");
            }

            if (name == MaxAge && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)) { return Invalid(name, "It is a number of seconds, from 0."); }
            if (value.Length > MaxLength || value.Any(char.IsControl)) { return Invalid(name, $"It has at most {MaxLength} characters, and no control characters."); }
            parameters.Add(name, value);
        }

        return null;
    }

    /// <summary>How long ago the user may have signed in at the provider, when the page asked for that.</summary>
    public static TimeSpan? MaxAgeOf(IReadOnlyDictionary<string, string> parameters) =>
        parameters.TryGetValue(MaxAge, out var seconds) ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)) : null;

    private static Problem NotAllowed(string name, IReadOnlyCollection<string> allowed) => new(
        StatusCodes.Status400BadRequest, "parameter_not_allowed", $"The parameter '{Printable.Text(name, 50)}' is not allowed here.",
        allowed.Count == 0 ? "Bff:Oidc:AllowedLoginParameters allows none." : $"Bff:Oidc:AllowedLoginParameters allows {string.Join(", ", allowed)}.");

    private static Problem Invalid(string name, string why) =>
        new(StatusCodes.Status400BadRequest, "invalid_parameter", $"The parameter '{name}' cannot be used like this.", why);
}

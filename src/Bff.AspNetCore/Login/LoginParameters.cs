using System.Globalization;
using Bff.Providers;
using Bff.Providers.Named;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>
/// What a page may say to the provider through <c>/bff/login</c>: the parameters that <c>Bff:Oidc:AllowedLoginParameters</c> names, by the provider's names for
/// them. Another parameter of an authorization request is refused; what is none of one, such as a newsletter's <c>utm_source</c>, is ignored.
/// </summary>
internal sealed partial class LoginParameters(IHostEnvironment environment, ILogger<LoginParameters> logger)
{
    /// <summary>Where a challenge carries them; the authorization request takes them from there.</summary>
    public const string Key = "bff.login_parameters";

    /// <summary>Some providers' <c>login_hint</c> is a token of theirs.</summary>
    private const int MaxLength = 2000;

    private const int MaxPrintedName = 50;

    private const string Prompt = "prompt", MaxAge = ProviderParameters.MaxAge, LoginHint = "login_hint";

    /// <summary>OpenID Connect Core 1.0 section 3.1.2.1, and Initiating User Registration 1.0.</summary>
    private static readonly string[] Prompts = ["none", "login", "consent", "select_account", "create"];

    private static readonly Problem InvalidPrompt = new(
        StatusCodes.Status400BadRequest, "invalid_prompt", "This value of 'prompt' is not known.",
        $"Use {string.Join(", ", Prompts[..^1])} or {Prompts[^1]}; separate several by spaces. 'none' cannot be combined with others.");

    /// <param name="query">Of the request.</param>
    /// <param name="provider">Whom to send it to.</param>
    /// <param name="parameters">What to send to the provider: nothing that the page did not name.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public Problem? TryRead(IQueryCollection query, Provider provider, out Dictionary<string, string> parameters)
    {
        parameters = new(StringComparer.Ordinal);
        var allowed = provider.Options.EffectiveLoginParameters;
        foreach (var (name, values) in query)
        {
            if (ProviderParameters.NotForTheProvider.Contains(name, StringComparer.OrdinalIgnoreCase)) { continue; }
            if (!allowed.Contains(name, StringComparer.Ordinal))
            {
                if (ProviderParameters.IsOfAuthorization(name)) { return NotAllowed(name, provider, allowed); }
                Ignored(Printable.Text(name, MaxPrintedName));
                continue;
            }

            if (values.Count > 1) { return Invalid(name, "It is given more than once."); }   // RFC 6749 section 3.1
            var value = values.ToString();
            if (value.Length == 0) { continue; }
            if (name == Prompt && !IsPrompt(value)) { return InvalidPrompt; }
            if (name == MaxAge && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return Invalid(name, "It must be a number of seconds, 0 or more.");
            }

            if (value.Length > MaxLength || value.Any(char.IsControl))
            {
                return Invalid(name, $"It must have at most {MaxLength} characters, and no control characters.");
            }

            parameters.Add(name, value);
        }

        return null;
    }

    /// <summary>
    /// Remembers what the page asked for, so that the flow can be checked against it, and begun anew. Not the <c>login_hint</c>, which may be long and asks for
    /// nothing: the state is part of a URL.
    /// </summary>
    public static void Keep(Dictionary<string, string> parameters, AuthenticationProperties properties)
    {
        var kept = QueryString.Create(parameters.Where(parameter => parameter.Key != LoginHint)!);
        if (kept.HasValue) { properties.Items[Key] = kept.Value; }
    }

    public static IEnumerable<KeyValuePair<string, string?>> KeptIn(AuthenticationProperties properties) =>
        properties.Items.TryGetValue(Key, out var kept)
            ? QueryHelpers.ParseQuery(kept).Select(parameter => KeyValuePair.Create(parameter.Key, (string?)parameter.Value.ToString())) : [];

    /// <summary>Puts the configured parameters into an authorization request, and what is asked for this once above most of them.</summary>
    /// <param name="options">The provider's.</param>
    /// <param name="request">The authorization request, with the <c>prompt</c> of a silent sign-in.</param>
    /// <param name="asked">By the page.</param>
    public static void Add(OidcOptions options, OpenIdConnectMessage request, IReadOnlyDictionary<string, string> asked)
    {
        var isSilent = !string.IsNullOrEmpty(request.Prompt);
        foreach (var (name, value) in asked) { request.SetParameter(name, value); }
        foreach (var (name, value) in options.AuthorizationParameters)
        {
            if (IsGuard(name) || !(asked.ContainsKey(name) || (name == Prompt && isSilent))) { request.SetParameter(name, value); }
        }
    }

    /// <summary>How, and how long ago, a user must have signed in is the operator's to say where they do: a link must not ask for less.</summary>
    private static bool IsGuard(string name) => name is MaxAge or "acr_values";

    /// <summary>One, or several (OpenID Connect Core 1.0 section 3.1.2.1).</summary>
    private static bool IsPrompt(string value)
    {
        var prompts = value.Split(' ');
        return prompts.All(prompt => Prompts.Contains(prompt, StringComparer.Ordinal)) && (prompts.Length == 1 || !prompts.Contains("none"));
    }

    private Problem NotAllowed(string name, Provider provider, string[] allowed)
    {
        var names = allowed.Length == 0 ? "none" : string.Join(", ", allowed);
        return new(
            StatusCodes.Status400BadRequest, "parameter_not_allowed", $"The parameter '{Printable.Text(name, MaxPrintedName)}' is not allowed here.",
            environment.IsDevelopment()
                ? $"{provider.Registration.Section}:AllowedLoginParameters allows {names}."
                : "The operator decides what a page may ask for.");
    }

    private static Problem Invalid(string name, string why) =>
        new(StatusCodes.Status400BadRequest, "invalid_parameter", $"The parameter '{name}' is not valid.", why);

    [LoggerMessage(LogLevel.Debug, "Ignored at /bff/login: '{Name}' is no parameter of an authorization request, nor in AllowedLoginParameters.")]
    private partial void Ignored(string name);
}

using System.ComponentModel.DataAnnotations;
using Bff.Guard;

namespace Bff.Policies;

/// <summary>
/// Who may use a route (<c>Bff:Policies:&lt;name&gt;</c>): the route names it as its <c>AuthorizationPolicy</c>. Whatever it asks for must hold, all of it. It is
/// the same for users who are signed in and for callers with a token of their own.
/// </summary>
internal sealed class PolicyOptions : IValidatableObject
{
    /// <summary>Of one role, group, scope or other value, in characters.</summary>
    public const int MaxValue = 256;

    /// <summary>A claim that the caller must have, such as <c>department</c>. Default: none.</summary>
    public string? Claim { get; set; }

    /// <summary>Values of <see cref="Claim"/>. Default: whatever it says.</summary>
    public string[] Values { get; set; } = [];

    /// <summary>Roles: the claim <c>role</c>, which <c>RoleClaim</c> of the provider fills. Default: none are asked for.</summary>
    public string[] Roles { get; set; } = [];

    /// <summary>Groups: the claim <c>groups</c>. Default: none are asked for.</summary>
    public string[] Groups { get; set; } = [];

    /// <summary>
    /// Scopes of the access token (RFC 6749 section 3.3): of a session those that the provider granted, of a caller's token its <c>scope</c> or <c>scp</c>.
    /// Default: none are asked for.
    /// </summary>
    public string[] Scopes { get; set; } = [];

    /// <summary>
    /// Whether a caller must have any or all of the <see cref="Values"/>, the <see cref="Roles"/>, the <see cref="Groups"/> and the <see cref="Scopes"/>; of each
    /// of these lists for itself. Default: <c>Any</c>.
    /// </summary>
    public PolicyMatch Match { get; set; }

    /// <summary>
    /// How the user must have signed in: one of these words of the provider (<c>acr</c>, OpenID Connect Core 1.0 section 2). Who has not is asked to sign in so
    /// (RFC 9470). Default: in whatever way.
    /// </summary>
    public string[] Acr { get; set; } = [];

    /// <summary>
    /// How long ago the user may have signed in at the provider (<c>auth_time</c>); where nobody knows, it was too long ago. Who did is asked to sign in anew
    /// (RFC 9470). Default: as long as you like; 1 second to 365 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ErrorMessage = "must be between 00:00:01 and 365.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan? MaxAge { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Claim) && Values.Length > 0) { yield return new("is required with Values: whose values they are.", [nameof(Claim)]); }
        else if (Claim is null or "" && Roles.Length + Groups.Length + Scopes.Length + Acr.Length == 0 && MaxAge is null)
        {
            yield return new(
                "or Roles, Groups, Scopes, Acr or MaxAge is required: a policy must ask for something. Whoever is signed in passes AuthorizationPolicy: default.",
                [nameof(Claim)]);
        }

        foreach (var (key, values) in new[] { (nameof(Values), Values), (nameof(Roles), Roles), (nameof(Groups), Groups) })
        {
            foreach (var (index, _) in values.Index().Where(entry => entry.Item.Length is 0 or > MaxValue))
            {
                yield return new($"must have 1 to {MaxValue} characters.", [$"{key}:{index}"]);
            }
        }

        foreach (var (key, words) in new[] { (nameof(Scopes), Scopes), (nameof(Acr), Acr) })
        {
            foreach (var (index, _) in words.Index().Where(entry => entry.Item.Length > MaxValue || !IsWord(entry.Item)))
            {
                yield return new($"must be one word of 1 to {MaxValue} printable characters, without space, quotation mark and backslash.", [$"{key}:{index}"]);
            }

            if (words.Sum(word => word.Length + 1) > StepUp.MaxAcrValues) { yield return new($"are longer than {StepUp.MaxAcrValues} characters.", [key]); }
        }
    }

    /// <summary>RFC 6749 section 3.3.</summary>
    private static bool IsWord(string text) => text.Length > 0 && text.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}

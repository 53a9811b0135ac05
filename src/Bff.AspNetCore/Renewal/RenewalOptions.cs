using System.ComponentModel.DataAnnotations;

namespace Bff.Renewal;

/// <summary>When and how fast tokens are renewed (<c>Bff:Renewal</c>).</summary>
internal sealed class RenewalOptions : IValidatableObject
{
    /// <summary>How long before its expiry a token is renewed; at most a quarter of its lifetime is used. Default: 1 minute; 1 second to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan Lead { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A token with less time left (at most a tenth of its lifetime) is no longer sent while a newer one can be obtained. Default: 5 seconds; 0 to 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ErrorMessage = "must be between 00:00:00 and 00:05:00 (hh:mm:ss).")]
    public TimeSpan MinValidity { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether an ID token that comes with a renewal updates the session's claims, so that a role taken away at the provider is taken away here. Claims that
    /// did not come from an ID token stay, and so does who the user is (OpenID Connect Core 1.0 section 5.1). Off: claims stay those of the sign-in until the
    /// session ends. Default: true.
    /// </summary>
    public bool UpdateClaims { get; set; } = true;

    /// <summary>
    /// How long after its last use a token for an API that a route names (<c>Bff.Audience</c>, <c>Bff.Resource</c>, <c>Bff.Scope</c>) is still renewed in the
    /// background; later the next call gets a new one. 0: never in the background. Default: 30 minutes; 0 to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "must be between 00:00:00 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan ApiTokenIdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinValidity > Lead)
        {
            yield return new($"is {MinValidity} and must not be longer than Lead ({Lead}), or calls would wait for every renewal.", [nameof(MinValidity)]);
        }
    }
}
